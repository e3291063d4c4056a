import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createGate, type ExpressGate } from '@stepgate/express';
import { createTestKit } from '@stepgate/server/testing';
import express5, { type Express, type RequestHandler } from 'express';
import express4 from 'express-4';
import { call } from 'suites/http.ts';
import { describe, expect, it, onTestFinished } from 'vitest';

const single = { maxAge: 0 };
const other = { maxAge: 0, action: { id: 'other' } };

/** How often the transfer was made, for five requests with one single-use approval. */
async function transfersOf(
  express: typeof express5,
  build: (app: Express, gate: ExpressGate, transfer: RequestHandler) => void,
): Promise<number> {
  const kit = createTestKit();
  const identity = { subject: 'ada', sessionId: 's' };
  const gate = createGate({ ...kit.options, identify: () => identity });
  let transfers = 0;
  const app = express();
  app.use(gate);
  build(app, gate, (_req, _res, next) => {
    transfers += 1;
    next();
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
  ['4', express4 as unknown as typeof express5],
  ['5', express5],
])('a single-use approval in Express %s', (_, express) => {
  it('is used up when a guard of the app refuses after the route', async () => {
    const transfers = await transfersOf(express, (app, gate, transfer) => {
      app.post('/transfers', gate.require(single), transfer);
      app.use(gate.require(other));
    });
    expect(transfers).toBe(1);
  });

  it('is used up when a guard of the same route refuses after the handler', async () => {
    const transfers = await transfersOf(express, (app, gate, transfer) => {
      app.post('/transfers', gate.require(single), transfer, gate.require(other));
    });
    expect(transfers).toBe(1);
  });

  it('is used up when a guard refuses after a handler that has answered', async () => {
    const transfers = await transfersOf(express, (app, gate, transfer) => {
      const answer: RequestHandler = (_req, res, next) => {
        res.send('done');
        next();
      };
      app.post('/transfers', gate.require(single), transfer, answer, gate.require(other));
    });
    expect(transfers).toBe(1);
  });
});
