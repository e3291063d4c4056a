import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import Router from '@koa/router';
import { auth0, createGate, type KoaGate, type KoaGateOptions } from '@stepgate/koa';
import Koa3 from 'koa';
import Koa2 from 'koa-2';
import mount from 'koa-mount';
import { call } from 'suites/http.ts';
import { describe, expect, it, onTestFinished } from 'vitest';

const OPTIONS: KoaGateOptions = {
  provider: auth0({ issuer: 'https://tenant.test/', clientId: 'client' }),
  secret: 'a secret of at least 32 characters, for tests',
  identify: () => ({ subject: 'ada', sessionId: 's' }),
  firstLeg: { password: { username: () => 'ada' } },
};

const done = (ctx: Koa3.Context): void => {
  ctx.body = 'done';
};

type Build = (app: Koa3, gate: KoaGate) => void;

/** Serves an app; the result asks it for a path, and tells the status and what Koa has reported. */
async function serve(
  Koa: typeof Koa3,
  build: Build,
  options: Partial<KoaGateOptions> = {},
): Promise<(path: string) => Promise<{ readonly status: number; readonly error: string | undefined }>> {
  let error: string | undefined;
  const app = new Koa();
  build(app, createGate({ ...OPTIONS, ...options }));
  app.on('error', (thrown: Error) => {
    error = thrown.message;
  });
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

it('makes no guard of a missing policy', () => {
  expect(() => createGate(OPTIONS).require(undefined as never)).toThrow('policy: must not be undefined');
});

describe.each([
  ['2', Koa2 as unknown as typeof Koa3],
  ['3', Koa3],
])('the gate in Koa %s', (_, Koa) => {
  it.each<[string, Build]>([
    ['on a route', (app, gate) => app.use(new Router().post('/admin/users', gate, done).routes())],
    [
      'under a path of the router',
      (app, gate) => app.use(new Router().use('/admin', gate).post('/admin/users', done).routes()),
    ],
    ['mounted under a path that it does not serve', (app, gate) => app.use(mount('/admin', gate)).use(done)],
    ['in an app under such a path', (app, gate) => app.use(mount('/admin', new Koa().use(gate).use(done)))],
  ])('lets nobody through when it is used as a guard: %s', async (_where, build) => {
    const ask = await serve(Koa, build);

    expect(await ask('/admin/users')).toEqual({
      status: 500,
      error: expect.stringMatching(/^The gate was used as a guard.* gate\.require\(policy\).* \/step-up /),
    });
  });

  it.each<[string, Build]>([
    ['for all paths', (app, gate) => app.use(gate)],
    ['for its own path', (app, gate) => app.use(mount('/step-up', gate))],
    [
      'behind an app under another path',
      (app, gate) => app.use(mount('/open', (_ctx, next) => next())).use(gate),
    ],
    [
      'behind middleware that rewrites the path',
      (app, gate) =>
        app
          .use((ctx, next) => {
            ctx.path = ctx.path.replace(/^\/old/, '');
            return next();
          })
          .use(gate),
    ],
  ])('reports no mistake when it is mounted: %s', async (_where, build) => {
    const ask = await serve(Koa, (app, gate) => {
      build(app, gate);
      const router = new Router().post('/transfers', gate.require(), done).post('/open', done);
      app.use(router.routes());
    });

    const answers = [await ask('/transfers'), await ask('/open'), await ask('/step-up/flow')];

    expect(answers.map(({ status }) => status)).toEqual([401, 200, 415]);
    expect(answers.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
  });

  it('reports no mistake in a router', async () => {
    const ask = await serve(Koa, (app, gate) => {
      const router = new Router().use(gate).post('/transfers', gate.require(), done).post('/open', done);
      app.use(router.routes());
    });

    expect([(await ask('/transfers')).status, (await ask('/open')).status]).toEqual([401, 200]);
  });
});

describe.each([
  ['2', Koa2 as unknown as typeof Koa3],
  ['3', Koa3],
])('a guard on a prefix in Koa %s', (_, Koa) => {
  async function reportsOf(build: (app: Koa3, guard: Koa3.Middleware) => void): Promise<readonly string[]> {
    const reports: string[] = [];
    const ask = await serve(Koa, (app, gate) => build(app.use(gate), gate.require()), {
      onError: (error) => reports.push((error as Error).message),
    });
    for (let i = 0; i < 2; i += 1) expect((await ask('/admin/users')).status).toBe(401);
    return reports;
  }

  it('is reported once', async () => {
    const reports = await reportsOf((app, guard) => app.use(mount('/admin', guard)).use(done));

    expect(reports).toEqual([
      expect.stringMatching(
        /^A guard stands on the prefix \/admin, .*router\.use\(gate\.require\(policy\)\)/,
      ),
    ]);
  });

  it.each<[string, (app: Koa3, guard: Koa3.Middleware) => void]>([
    ['on a route', (app, guard) => app.use(new Router().post('/admin/users', guard, done).routes())],
    ['for all paths', (app, guard) => app.use(guard)],
    ['in an app', (app, guard) => app.use(mount('/admin', new Koa().use(guard).use(done)))],
    [
      'in a router',
      (app, guard) => app.use(new Router({ prefix: '/admin' }).use(guard).post('/users', done).routes()),
    ],
  ])('is no mistake: %s', async (_where, build) => {
    expect(await reportsOf(build)).toEqual([]);
  });
});
