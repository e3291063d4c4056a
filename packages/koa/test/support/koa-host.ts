import { createServer } from 'node:http';
import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import { createGate } from '@stepgate/koa';
import type Koa from 'koa';
import type { Middleware } from 'koa';
import { type AdapterHost, type AppError, serve } from 'suites/adapters/bank.ts';

/** The suite's app on one version of Koa, behind these middlewares. */
export function koaHost(Application: typeof Koa, ...middlewares: readonly Middleware[]): AdapterHost {
  return {
    readsBodies: false,
    handlersParse: false,
    bodyOf: (native) => (native as { readonly request?: { readonly body?: unknown } }).request?.body,
    listen({ gateOptions, routes, parsesBodies, trustsProxy, errorsBy, onAppError }) {
      const gate = createGate(gateOptions);
      const app = new Application({ proxy: trustsProxy });
      app.on('error', onAppError);
      if (errorsBy === 'app') app.use(answerError);
      for (const middleware of middlewares) app.use(middleware);
      if (parsesBodies) app.use(bodyParser({ formLimit: '100kb' }));
      app.use(gate);
      const router = new Router();
      for (const { path, policies, policiesBehind, options, handle } of routes) {
        const guardsOf = (list: typeof policies) => list.map((policy) => gate.require(policy, options));
        const handler: Middleware = async (ctx, next) => {
          ctx.body = await handle(ctx.state.stepUp, {
            check: (policy) => gate.check(ctx, policy),
            assert: (policy) => gate.assert(ctx, policy),
            status: () => gate.status(ctx),
            revoke: () => gate.revoke(ctx),
            revokeSubject: (subject) => gate.revokeSubject(subject),
          });
          if (policiesBehind.length > 0) await next();
        };
        router.all(path, ...guardsOf(policies), handler, ...guardsOf(policiesBehind));
      }
      app.use(router.routes());
      return serve(createServer(app.callback()), gate);
    },
  };
}

/** An error handler as apps have it. */
const answerError: Middleware = async (ctx, next) => {
  try {
    await next();
  } catch (error) {
    const { status = 500, code, details } = error as AppError;
    ctx.status = status;
    ctx.body = { caught: code, details };
  }
};
