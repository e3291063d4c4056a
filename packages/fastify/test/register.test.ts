import { createGate, errorResponse, type FastifyGateOptions, isStepUpError } from '@stepgate/fastify';
import { createTestKit } from '@stepgate/server/testing';
import fastify, { type FastifyInstance } from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';

const identity = { subject: 'ada', sessionId: 's' };
const policy = { maxAge: '5m' } as const;
const navigation = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate' };

function openApp(options: Partial<FastifyGateOptions> = {}) {
  const kit = createTestKit();
  const app = fastify();
  onTestFinished(() => app.close());
  return { kit, app, gate: createGate({ ...kit.options, identify: () => identity, ...options }) };
}

async function statusOf(app: FastifyInstance, url: string, headers = {}): Promise<number> {
  const { statusCode } = await app.inject({ method: 'POST', url, headers });
  return statusCode;
}

describe('a policy in the `config` of a route', () => {
  it('guards routes that were added before the gate, after it, in plugins and outside of its scope', async () => {
    const { kit, app, gate } = openApp();
    const route = { config: { stepUp: policy } };
    app.post('/before', route, async () => 'done');
    await app.register(async (scope) => {
      scope.post('/plugin-before', route, async () => 'done');
    });
    await app.register(async (scope) => {
      await scope.register(gate);
      scope.post('/inside', route, async () => 'done');
    });
    app.post('/after', route, async () => 'done');
    await app.register(async (scope) => {
      scope.post('/plugin-after', route, async () => 'done');
    });
    app.post('/open', async () => 'done');
    const approved = await kit.approve(identity, { policy });

    for (const url of ['/before', '/plugin-before', '/inside', '/after', '/plugin-after']) {
      expect([url, await statusOf(app, url), await statusOf(app, url, approved)]).toEqual([url, 401, 200]);
    }
    expect(await statusOf(app, '/open')).toBe(200);
    expect(await statusOf(app, '/nowhere')).toBe(404);
  });

  it('guards the HEAD route of a GET', async () => {
    const { app, gate } = openApp();
    await app.register(gate);
    app.get('/balance', { config: { stepUp: policy } }, async () => 'done');

    expect((await app.inject({ method: 'HEAD', url: '/balance' })).statusCode).toBe(401);
  });

  it('is an error when it is wrong: at once, or at the first request for a route that came before', async () => {
    const { app, gate } = openApp();
    const wrong = { config: { stepUp: undefined as unknown as typeof policy } };
    app.post('/before', wrong, async () => 'done');
    await app.register(gate);

    expect(() => app.post('/after', wrong, async () => 'done')).toThrow('policy: must not be undefined');
    expect(await statusOf(app, '/before')).toBe(500);
  });
});

describe('a gate in Fastify', () => {
  it('is refused under a prefix at which its base path is not reached', async () => {
    const { app, gate } = openApp();
    const registered = app.register(
      async (scope) => {
        await scope.register(gate);
      },
      { prefix: '/admin' },
    );

    await expect(registered).rejects.toThrow(/under \/admin.*base path \/step-up/);
  });

  it('serves its base path under a prefix', async () => {
    const { app, gate } = openApp({ basePath: '/bank/step-up' });
    await app.register(
      async (scope) => {
        await scope.register(gate);
        scope.post('/transfers', { preHandler: gate.require(policy) }, async () => 'done');
      },
      { prefix: '/bank' },
    );

    expect(await statusOf(app, '/bank/transfers')).toBe(401);
    const page = await app.inject({ url: '/bank/step-up', headers: navigation });
    expect(page.headers['content-type']).toContain('text/html');
  });

  it('serves the page of an app whose hook guards every route', async () => {
    const { app, gate } = openApp();
    app.addHook('preHandler', gate.require(policy));
    await app.register(gate);
    app.get('/balance', async () => 'done');

    expect((await app.inject({ url: '/balance', headers: navigation })).statusCode).toBe(303);
    const page = await app.inject({ url: '/step-up', headers: navigation });
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('<html');
    const asset = await app.inject({ url: '/step-up/assets/stepgate-page.css' });
    expect(asset.statusCode).toBe(200);
  });

  it.each(['onRequest', 'preValidation', 'preHandler'] as const)(
    'guards the fallback of the app by a hook on %s, also for a path that only looks like the page',
    async (hook) => {
      const { app, gate } = openApp();
      app.addHook(hook as 'preHandler', gate.require(policy));
      await app.register(gate);
      app.setNotFoundHandler(async (_request, reply) => reply.code(200).send('done'));

      for (const url of ['/elsewhere', '/step%2Dup', '/step%2Dup/balance', '/%73tep-up/balance']) {
        expect([url, await statusOf(app, url)]).toEqual([url, 401]);
      }
    },
  );

  it('keeps the cookies, challenges and headers that the app has set already', async () => {
    const { app, gate } = openApp();
    app.addHook('onRequest', async (_request, reply) => {
      reply.header('set-cookie', 'theme=dark');
      reply.header('www-authenticate', 'DPoP algs="ES256"');
      reply.header('vary', 'Accept-Encoding');
    });
    await app.register(gate);
    app.get('/balance', { preHandler: gate.require(policy) }, async () => 'done');

    const call = await app.inject({ url: '/balance', headers: { accept: 'application/json' } });
    const pageLoad = await app.inject({ url: '/balance', headers: navigation });
    const page = await app.inject({ url: '/step-up', headers: navigation });

    expect(call.headers['www-authenticate']).toMatch(/^DPoP algs="ES256", Bearer error=/);
    expect(pageLoad.headers['set-cookie']).toEqual(['theme=dark', expect.stringMatching(/^stepgate=/)]);
    expect(page.headers.vary).toBe('Accept-Encoding, Accept-Language');
  });

  it('leaves what the app answers with its own error handler whole', async () => {
    const { app, gate } = openApp({ mode: 'throw' });
    app.setErrorHandler((error, _request, reply) => {
      if (!isStepUpError(error)) throw error;
      const { status, headers, body } = errorResponse(error);
      return reply.code(status).headers(headers).send(body);
    });
    await app.register(gate);
    app.post('/transfers', { preHandler: gate.require(policy) }, async () => 'done');

    const refused = await app.inject({ method: 'POST', url: '/transfers' });

    expect(refused.statusCode).toBe(401);
    expect(refused.headers['www-authenticate']).toContain('insufficient_user_authentication');
    expect(refused.json()).toMatchObject({ step_up: { start: '/step-up/flow' } });
  });

  it('lets nothing through where a policy asks for a body that no parser has read', async () => {
    const { app, gate } = openApp();
    await app.register(gate);
    const guard = gate.require(({ body }) => ((body as { amount: number }).amount > 1_000 ? policy : false));
    app.post('/early', { onRequest: guard }, async () => 'done');
    app.post('/transfers', { preHandler: guard }, async () => 'done');
    const send = async (url: string, payload?: object): Promise<number> =>
      (await app.inject({ method: 'POST', url, ...(payload && { payload }) })).statusCode;

    expect(await send('/early', { amount: 1 })).toBe(400);
    expect(await send('/transfers', { amount: 1 })).toBe(200);
    expect(await send('/transfers', { amount: 5_000 })).toBe(401);
    expect(await send('/transfers')).toBe(400);
  });
});

describe('a single-use approval in Fastify', () => {
  const single = { maxAge: 0 };
  const other = { maxAge: 0, action: { id: 'other' } };

  /** The statuses of two requests with one single-use approval. */
  async function twice(
    build: (app: FastifyInstance, gate: ReturnType<typeof createGate>) => void,
  ): Promise<readonly number[]> {
    const { kit, app, gate } = openApp();
    await app.register(gate);
    build(app, gate);
    const headers = await kit.approve(identity, { policy: single });
    return [await statusOf(app, '/transfers', headers), await statusOf(app, '/single', headers)];
  }

  it('is given back when the next guard of the route refuses', async () => {
    const statuses = await twice((app, gate) => {
      const guards = [gate.require(single), gate.require(other)];
      app.post('/transfers', { preHandler: guards }, async () => 'done');
      app.post('/single', { preHandler: gate.require(single) }, async () => 'done');
    });
    expect(statuses).toEqual([401, 200]);
  });

  it('is used up when something else stands between the guards', async () => {
    const statuses = await twice((app, gate) => {
      const guards = [gate.require(single), async () => {}, gate.require(other)];
      app.post('/transfers', { preHandler: guards }, async () => 'done');
      app.post('/single', { preHandler: gate.require(single) }, async () => 'done');
    });
    expect(statuses).toEqual([401, 401]);
  });
});

it('lets an app stop at once that has an open event stream', async () => {
  const { kit, app, gate } = openApp();
  await app.register(gate);
  app.post('/transfers', { preHandler: gate.require(policy) }, async () => 'done');
  await app.listen({ host: '127.0.0.1', port: 0 });
  const url = app.listeningOrigin;
  const refused = await fetch(`${url}/transfers`, { method: 'POST' });
  const { step_up } = (await refused.json()) as { step_up: { requirement: string } };
  const started = await fetch(`${url}/step-up/flow`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'stepgate-handle': 'new' },
    body: JSON.stringify({ requirement: step_up.requirement }),
  });
  const handle = started.headers.get('stepgate-handle') ?? '';
  const stream = await fetch(`${url}/step-up/flow`, {
    headers: { accept: 'text/event-stream', 'stepgate-handle': handle },
  });
  expect(stream.status).toBe(200);
  expect(kit.phone.pushes).toBe(1);

  const text = stream.text();
  await app.close();

  expect(await text).toMatch(/^id: \d+/);
  expect(await text).toMatch(/retry: 1000\n\n$/);
});
