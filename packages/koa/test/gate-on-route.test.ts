import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import Router from '@koa/router';
import { createGate } from '@stepgate/koa';
import Koa from 'koa';
import { expect, it, onTestFinished } from 'vitest';
import { call } from '../../server/test/support/http.ts';

it('lets nobody through where a route has the gate, or a policy that is not there, in the place of a guard', async () => {
  const gate = createGate({
    auth0: { issuer: 'https://tenant.test/', clientId: 'client' },
    secret: 'a secret of at least 32 characters, for tests',
    identify: () => ({ subject: 'ada', sessionId: 's' }),
    firstLeg: { password: { username: () => 'ada' } },
  });
  expect(() => gate.require(undefined as never)).toThrow('policy: is undefined');
  const done = (ctx: Koa.Context): void => {
    ctx.body = 'done';
  };
  const router = new Router();
  router.use(gate);
  router.post('/mistaken', gate, done);
  router.post('/guarded', gate.require(), done);
  router.post('/open', done);
  const errors: unknown[] = [];
  const app = new Koa().use(router.routes());
  app.on('error', (error) => errors.push(error));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });

  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const statuses = [];
  for (const path of ['/mistaken', '/guarded', '/open']) {
    statuses.push((await call('POST', url + path)).status);
  }

  expect(statuses).toEqual([500, 401, 200]);
  expect(errors).toEqual([
    expect.objectContaining({ message: expect.stringContaining('gate.require(policy)') }),
  ]);
});
