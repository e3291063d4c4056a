// A Koa app that uses `require`.
const { createServer } = require('node:http');
const { createAuth0MfaApi, createAuth0SignIn } = require('@stepgate/core');
const { createEmulator } = require('@stepgate/emulator');
const { auth0, createGate } = require('@stepgate/koa');
const { default: Koa } = require('koa');
const { listen, oneApproval } = require('./one-approval.mjs');

void oneApproval({
  createEmulator,
  createAuth0MfaApi,
  createAuth0SignIn,
  auth0,
  serve(route, options) {
    const app = new Koa();
    const gate = createGate(options);
    const guard = gate.require({ maxAge: '5m' });
    app.use(gate);
    app.use((ctx, next) => (ctx.path === route ? guard(ctx, next) : next()));
    app.use((ctx) => {
      ctx.body = { factor: ctx.state.stepUp.approval.factor };
    });
    return listen(createServer(app.callback()));
  },
});
