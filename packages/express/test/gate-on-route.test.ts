import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  auth0,
  createGate,
  type ExpressGate,
  type ExpressGateOptions,
  type ExpressGuard,
} from '@stepgate/express';
import express5, { type Express, type RequestHandler } from 'express';
import express4 from 'express-4';
import { call } from 'suites/http.ts';
import { describe, expect, it, onTestFinished } from 'vitest';

const OPTIONS: ExpressGateOptions = {
  provider: auth0({ issuer: 'https://tenant.test/', clientId: 'client' }),
  secret: 'a secret of at least 32 characters, for tests',
  identify: () => ({ subject: 'ada', sessionId: 's' }),
  firstLeg: { password: { username: () => 'ada' } },
};

const done: RequestHandler = (_req, res) => void res.send('done');

/** Serves an app; the result asks it for a path, and tells the status and what its error handler has heard of. */
async function serve(
  express: typeof express5,
  build: (app: Express, gate: ExpressGate) => void,
  options: Partial<ExpressGateOptions> = {},
): Promise<(path: string) => Promise<{ readonly status: number; readonly error: string | undefined }>> {
  let error: string | undefined;
  const app = express();
  build(app, createGate({ ...OPTIONS, ...options }));
  app.use(((thrown: Error, _req, res, _next) => {
    error = thrown.message;
    res.status(500).send();
  }) satisfies express5.ErrorRequestHandler);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return async (path) => {
    error = undefined;
    const { status } = await call('POST', url + path);
    return { status, error };
  };
}

it('makes no guard of a missing policy, which a misspelt one would be', async () => {
  const gate = createGate(OPTIONS);
  const policies: Readonly<Record<string, { maxAge: number }>> = { transfer: { maxAge: 0 } };
  const misspelt = policies.tranfer as { maxAge: number };

  expect(() => gate.require(misspelt)).toThrow('policy: must not be undefined');
  await expect(gate.assert({} as express5.Request, misspelt)).rejects.toThrow(
    'policy: must not be undefined',
  );
  await expect(gate.check({} as express5.Request, misspelt)).rejects.toThrow('policy: must not be undefined');
  expect(gate.require()).toBeTypeOf('function');
  expect(gate.require({}, { answer: 'api' })).toBeTypeOf('function');
});

describe.each([
  ['4', express4 as unknown as typeof express5],
  ['5', express5],
])('the gate in Express %s', (_, express) => {
  it.each<[string, (app: Express, gate: ExpressGate) => void]>([
    ['on a route', (app, gate) => app.use(gate).post('/admin/users', gate, done)],
    ['on a route for all methods', (app, gate) => app.all('/admin/users', gate, done)],
    ['under a path that it does not serve', (app, gate) => app.use('/admin', gate, done)],
    [
      'in a router under such a path',
      (app, gate) => app.use('/admin', express.Router().use(gate).post('/users', done)),
    ],
  ])('lets nobody through when it is used as a guard: %s', async (_where, build) => {
    const ask = await serve(express, build);

    expect(await ask('/admin/users')).toEqual({
      status: 500,
      error: expect.stringMatching(/^The gate was used as a guard.* gate\.require\(policy\).* \/step-up /),
    });
  });

  it.each<[string, (app: Express, gate: ExpressGate) => void]>([
    ['for all paths', (app, gate) => app.use(gate)],
    ['for its own path', (app, gate) => app.use('/step-up', gate)],
    ['behind the route of another', (app, gate) => app.all('/transfers', (_q, _s, next) => next()).use(gate)],
  ])('reports no mistake when it is mounted: %s', async (_where, mount) => {
    const ask = await serve(express, (app, gate) => {
      mount(app, gate);
      app.post('/transfers', gate.require(), done);
      app.post('/open', done);
    });

    const answers = [await ask('/transfers'), await ask('/open'), await ask('/step-up/flow')];

    expect(answers.map(({ status }) => status)).toEqual([401, 200, 415]);
    expect(answers.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
  });

  it('reports no mistake in a router whose path it serves, in any spelling of the path', async () => {
    const ask = await serve(
      express,
      (app, gate) => app.use('/bank', express.Router().use(gate).post('/transfers', gate.require(), done)),
      { basePath: '/bank/step-up' },
    );

    const answers = [await ask('/bank/transfers'), await ask('/BANK/transfers')];

    expect(answers.map(({ status }) => status)).toEqual([401, 401]);
  });
});

describe.each([
  ['4', express4 as unknown as typeof express5],
  ['5', express5],
])('a guard on a prefix in Express %s', (_, express) => {
  async function reportsOf(build: (app: Express, guard: ExpressGuard) => void): Promise<readonly string[]> {
    const reports: string[] = [];
    const ask = await serve(express, (app, gate) => build(app.use(gate), gate.require()), {
      onError: (error) => reports.push((error as Error).message),
    });
    for (let i = 0; i < 2; i += 1) expect((await ask('/admin/users')).status).toBe(401);
    return reports;
  }

  it.each<[string, (app: Express, guard: ExpressGuard) => void]>([
    ['in front of routes', (app, guard) => app.use('/admin', guard).post('/admin/users', done)],
    [
      'in front of a router under another prefix',
      (app, guard) => app.use('/admin', guard).use('/other', express.Router()),
    ],
    ['in front of a router for all paths', (app, guard) => app.use('/admin', guard).use(express.Router())],
  ])('is reported once: %s', async (_where, build) => {
    expect(await reportsOf(build)).toEqual([
      expect.stringMatching(
        /^A guard stands on the prefix \/admin, .*router\.use\(gate\.require\(policy\)\)/,
      ),
    ]);
  });

  it.each<[string, (app: Express, guard: ExpressGuard) => void]>([
    ['on a route', (app, guard) => app.post('/admin/users', guard, done)],
    ['for all paths', (app, guard) => app.use(guard)],
    ['in a router', (app, guard) => app.use('/admin', express.Router().use(guard).post('/users', done))],
    [
      'together with its router',
      (app, guard) => app.use('/admin', guard, express.Router().post('/users', done)),
    ],
  ])('is no mistake: %s', async (_where, build) => {
    expect(await reportsOf(build)).toEqual([]);
  });
});
