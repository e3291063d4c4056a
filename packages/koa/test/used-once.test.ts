import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import Router from '@koa/router';
import { createGate, type KoaGate } from '@stepgate/koa';
import { createTestKit } from '@stepgate/server/testing';
import Koa3, { type Middleware } from 'koa';
import Koa2 from 'koa-2';
import { call } from 'suites/http.ts';
import { describe, expect, it, onTestFinished } from 'vitest';

const single = { maxAge: 0 };
const other = { maxAge: 0, action: { id: 'other' } };

/** How often the transfer was made, for five requests with one single-use approval. */
async function transfersOf(
  Koa: typeof Koa3,
  build: (app: Koa3, gate: KoaGate, transfer: Middleware) => void,
): Promise<number> {
  const kit = createTestKit();
  const identity = { subject: 'ada', sessionId: 's' };
  const gate = createGate({ ...kit.options, identify: () => identity });
  let transfers = 0;
  const app = new Koa();
  app.use(gate);
  build(app, gate, async (_ctx, next) => {
    transfers += 1;
    await next();
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/transfers`;
  const headers = await kit.approve(identity, { policy: single });
  for (let i = 0; i < 5; i += 1) await call('POST', url, { headers });
  return transfers;
}

describe.each([
  ['2', Koa2 as unknown as typeof Koa3],
  ['3', Koa3],
])('a single-use approval in Koa %s', (_, Koa) => {
  it('is used up when a handler awaits a second guard, which refuses', async () => {
    const transfers = await transfersOf(Koa, (app, gate, transfer) => {
      app.use(gate.require(single)).use(transfer).use(gate.require(other));
    });
    expect(transfers).toBe(1);
  });

  it('is used up when a guard of the same route refuses after the handler', async () => {
    const transfers = await transfersOf(Koa, (app, gate, transfer) => {
      const router = new Router();
      router.post('/transfers', gate.require(single), transfer, gate.require(other));
      app.use(router.routes());
    });
    expect(transfers).toBe(1);
  });

  it('is used up when another route of the router refuses', async () => {
    const transfers = await transfersOf(Koa, (app, gate, transfer) => {
      const router = new Router();
      router.post('/transfers', gate.require(single), transfer);
      router.post('/:any', gate.require(other));
      app.use(router.routes());
    });
    expect(transfers).toBe(1);
  });
});
