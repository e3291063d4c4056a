import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createGate, type ExpressGateOptions } from '@stepgate/express';
import express5 from 'express';
import express4 from 'express-4';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Answer, call } from '../../server/test/support/http.ts';

type Express = typeof express5;

const OPTIONS: ExpressGateOptions = {
  auth0: { issuer: 'https://tenant.test/', clientId: 'client' },
  secret: 'a secret of at least 32 characters, for tests',
  identify: () => ({ subject: 'ada', sessionId: 's' }),
  firstLeg: { password: { username: () => 'ada' } },
};

/** What an app answers that has used the gate itself on the guarded route, and a guard on another. */
async function answersOf(
  express: Express,
): Promise<{ errors: unknown[]; post: (path: string) => Promise<Answer> }> {
  const gate = createGate(OPTIONS);
  const errors: unknown[] = [];
  const app = express();
  app.all('/passed/on', (_req, _res, next) => next());
  app.use(gate);
  app.post('/mistaken', gate, (_req, res) => void res.send('done'));
  app.post('/guarded', gate.require(), (_req, res) => void res.send('done'));
  app.post('/passed/on', (_req, res) => void res.send('done'));
  app.use(((error, _req, res, _next) => {
    errors.push(error);
    res.status(500).send();
  }) satisfies express5.ErrorRequestHandler);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { errors, post: (path) => call('POST', url + path) };
}

it('makes no guard of a policy that is not there: a misspelt one would be the default', async () => {
  const gate = createGate(OPTIONS);
  const policies: Readonly<Record<string, { maxAge: number }>> = { transfer: { maxAge: 0 } };
  const misspelt = policies.tranfer as { maxAge: number };

  expect(() => gate.require(misspelt)).toThrow('policy: is undefined');
  await expect(gate.assert({} as express5.Request, misspelt)).rejects.toThrow('policy: is undefined');
  await expect(gate.check({} as express5.Request, misspelt)).rejects.toThrow('policy: is undefined');
  expect(gate.require()).toBeTypeOf('function');
  expect(gate.require({}, { answer: 'api' })).toBeTypeOf('function');
});

describe.each([
  ['4', express4 as unknown as Express],
  ['5', express5],
])('the gate in Express %s', (_, express) => {
  it('lets nobody through where a route has it in the place of a guard', async () => {
    const { errors, post } = await answersOf(express);

    expect((await post('/mistaken')).status).toBe(500);

    expect(errors).toEqual([
      expect.objectContaining({ message: expect.stringContaining('gate.require(policy)') }),
    ]);
  });

  it('is passed by where it is mounted, behind the route of another too', async () => {
    const { errors, post } = await answersOf(express);

    const answers = [await post('/guarded'), await post('/passed/on')];

    expect(answers.map(({ status }) => status)).toEqual([401, 200]);
    expect(errors).toEqual([]);
  });
});
