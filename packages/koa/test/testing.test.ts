import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import { createGate } from '@stepgate/koa';
import Koa from 'koa';
import { describeTestKit } from 'suites/adapters/describe-test-kit.ts';

describeTestKit('Koa', ({ options, identity, policies }) => {
  const gate = createGate({ ...options, identify: () => identity });
  const router = new Router();
  for (const [path, policy] of Object.entries(policies)) {
    router.post(path, gate.require(policy), (ctx) => {
      ctx.body = { done: path };
    });
  }
  return new Koa().use(gate).use(bodyParser()).use(router.routes()).callback();
});
