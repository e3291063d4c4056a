import { auth0, createGate, type HonoGateOptions, type StepUpEnv } from '@stepgate/hono';
import { createTestKit } from '@stepgate/server/testing';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';

const OPTIONS: HonoGateOptions = {
  provider: auth0({ issuer: 'https://tenant.test/', clientId: 'client' }),
  secret: 'a secret of at least 32 characters, for tests',
  identify: () => ({ subject: 'ada', sessionId: 's' }),
  firstLeg: { password: { username: () => 'ada' } },
};

const navigation = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate' };

describe('the gate in Hono', () => {
  it('keeps the cookies, challenges and headers that the app has set already', async () => {
    const gate = createGate(OPTIONS);
    const app = new Hono();
    app.use(async (c, next) => {
      c.header('set-cookie', 'theme=dark', { append: true });
      c.header('www-authenticate', 'DPoP algs="ES256"');
      c.header('vary', 'Accept-Encoding');
      c.header('x-request-id', '7');
      await next();
    });
    app.use(gate);
    app.post('/transfers', gate.require(), (c) => c.text('done'));
    app.get('/transfers', gate.require(), (c) => c.text('done'));

    const call = await app.request('/transfers', { method: 'POST' });
    const pageLoad = await app.request('/transfers', { headers: navigation });
    const page = await app.request('/step-up', { headers: navigation });

    expect(call.headers.get('www-authenticate')).toMatch(/^DPoP algs="ES256", Bearer error=/);
    expect(pageLoad.headers.getSetCookie()).toEqual(['theme=dark', expect.stringMatching(/^stepgate=/)]);
    expect(page.headers.get('vary')).toBe('Accept-Encoding, Accept-Language');
    expect(page.headers.getSetCookie()[0]).toBe('theme=dark');
    for (const { headers } of [call, pageLoad, page]) expect(headers.get('x-request-id')).toBe('7');
  });

  it('keeps a form that the app has read before the guard', async () => {
    const gate = createGate(OPTIONS);
    const app = new Hono();
    app.use(async (c, next) => {
      await c.req.parseBody();
      await next();
    });
    app.use(gate);
    app.post('/orders', gate.require({}, { replay: true }), (c) => c.text('done'));

    const refused = await app.request('/orders', {
      method: 'POST',
      headers: { ...navigation, 'content-type': 'application/x-www-form-urlencoded' },
      body: 'to=Grace',
    });

    expect(refused.status).toBe(303);
    expect(refused.headers.get('location')).toMatch(/^\/step-up\?requirement=/);
  });

  it('refuses a call whose JSON the app has read before a guard that keeps forms', async () => {
    const gate = createGate(OPTIONS);
    const app = new Hono();
    app.post(
      '/orders',
      async (c, next) => {
        await c.req.json();
        await next();
      },
      gate.require({}, { replay: true }),
      (c) => c.text('done'),
    );

    const refused = await app.request('/orders', {
      method: 'POST',
      headers: { ...navigation, 'content-type': 'application/json' },
      body: '{"to":"Grace"}',
    });

    expect(refused.status).toBe(303);
  });

  it('leaves the body to a handler behind a policy that has read it', async () => {
    const kit = createTestKit();
    const identity = { subject: 'ada', sessionId: 's' };
    const gate = createGate({ ...kit.options, identify: () => identity });
    const app = new Hono<StepUpEnv>();
    const policy = { maxAge: '5m' } as const;
    app.post(
      '/transfers',
      gate.require(async (c) => ((await c.req.json<{ amount: number }>()).amount > 1_000 ? policy : false)),
      async (c) => c.json({ ...(await c.req.json<object>()), by: c.get('stepUp')?.approval.factor }),
    );
    const post = async (amount: number, headers: Readonly<Record<string, string>> = {}): Promise<unknown> => {
      const answer = await app.request('/transfers', {
        method: 'POST',
        headers,
        body: JSON.stringify({ amount }),
      });
      return answer.ok ? answer.json() : answer.status;
    };

    expect(await post(5)).toEqual({ amount: 5 });
    expect(await post(5_000)).toBe(401);
    expect(await post(5_000, await kit.approve(identity, { policy }))).toEqual({ amount: 5_000, by: 'push' });
  });

  it('answers what `assert` throws as a guard would, without an error handler of the app', async () => {
    const gate = createGate(OPTIONS);
    const app = new Hono();
    app.post('/close', async (c) => {
      await gate.assert(c, { maxAge: 0 });
      return c.text('closed');
    });

    const refused = await app.request('/close', { method: 'POST' });

    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toContain('max_age="0"');
    expect(await refused.json()).toMatchObject({ error: 'insufficient_user_authentication' });
  });
});

describe('the gate used as a guard', () => {
  it.each<[string, (app: Hono, gate: ReturnType<typeof createGate>) => void]>([
    ['on a route', (app, gate) => app.post('/admin/users', gate)],
    ['on a route for all methods', (app, gate) => app.all('/admin/users', gate)],
    ['under a path that it does not serve', (app, gate) => app.use('/admin/*', gate)],
    ['in an app under such a path', (app, gate) => app.route('/admin', new Hono().use(gate))],
    [
      'in an app that handles its errors, under such a path',
      (app, gate) => {
        const admin = new Hono().use(gate);
        admin.onError((error) => {
          throw error;
        });
        app.route('/admin', admin);
      },
    ],
  ])('lets nobody through: %s', async (_where, place) => {
    const errors: Error[] = [];
    const app = new Hono();
    app.onError((error, c) => {
      errors.push(error);
      return c.text('failed', 500);
    });
    place(app, createGate(OPTIONS));
    app.post('/admin/users', (c) => c.text('done'));

    const answer = await app.request('/admin/users', { method: 'POST' });

    expect(answer.status).toBe(500);
    expect(errors.at(0)?.message).toMatch(/^The gate was used as a guard.* \/step-up /);
  });

  it.each<[string, string, (app: Hono, gate: ReturnType<typeof createGate>) => void]>([
    ['for all paths', '/step-up', (app, gate) => app.use(gate)],
    ['for its own path', '/step-up', (app, gate) => app.use('/step-up/*', gate)],
    [
      'in an app whose path it serves',
      '/bank/step-up',
      (app, gate) => app.route('/bank', new Hono().use(gate)),
    ],
    ['under a parameter', '/t/acme/step-up', (app, gate) => app.use('/t/:tenant/*', gate)],
  ])('reports no mistake when it is mounted: %s', async (_where, basePath, mount) => {
    const gate = createGate({ ...OPTIONS, basePath });
    const app = new Hono();
    mount(app, gate);
    app.post('/bank/open', (c) => c.text('done'));
    app.post('/t/acme/open', (c) => c.text('done'));

    const statuses = [
      await app.request('/bank/open', { method: 'POST' }),
      await app.request('/t/acme/open', { method: 'POST' }),
      await app.request(basePath, { headers: navigation }),
    ].map(({ status }) => status);

    expect(statuses).toEqual([200, 200, 200]);
  });
});

describe('a guard on a prefix', () => {
  type Guard = ReturnType<ReturnType<typeof createGate>['require']>;

  async function reportsOf(build: (app: Hono, guard: Guard) => void): Promise<readonly string[]> {
    const reports: string[] = [];
    const gate = createGate({ ...OPTIONS, onError: (error) => reports.push((error as Error).message) });
    const app = new Hono();
    app.use(gate);
    build(app, gate.require());
    for (let i = 0; i < 2; i += 1) {
      expect((await app.request('/admin/users', { method: 'POST' })).status).toBe(401);
    }
    return reports;
  }

  it('is reported once', async () => {
    const reports = await reportsOf((app, guard) =>
      app.use('/admin/*', guard).post('/admin/users', (c) => c.text('done')),
    );

    expect(reports).toEqual([
      expect.stringMatching(
        /^A guard stands on the prefix \/admin, .*router\.use\(gate\.require\(policy\)\)/,
      ),
    ]);
  });

  it.each<[string, (app: Hono, guard: Guard) => void]>([
    ['on a route', (app, guard) => app.post('/admin/users', guard, (c) => c.text('done'))],
    ['for all paths', (app, guard) => app.use(guard)],
    ['for all paths, as a pattern', (app, guard) => app.use('/*', guard)],
    ['in an app', (app, guard) => app.route('/admin', new Hono().use(guard))],
    ['on a route for all methods', (app, guard) => app.all('/admin/users', guard)],
  ])('is no mistake: %s', async (_where, build) => {
    expect(await reportsOf(build)).toEqual([]);
  });
});
