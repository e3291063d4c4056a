import { inspect } from 'node:util';
import type { Fault } from '@stepgate/emulator';
import { isRecordKey } from 'suites/record-key.ts';
import {
  createTestTenant,
  POLL_MS,
  providerOf,
  type TenantClient,
  type TestTenant,
} from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/index.ts';
import { createGateClient, createTestGate, type GateAnswer } from '../support/gate-client.ts';

const OOB = 'http://auth0.com/oauth/grant-type/mfa-oob';

const PASSING: readonly (readonly [string, Omit<Fault, 'match'>])[] = [
  [
    'a 503 of HTML',
    { respond: { status: 503, headers: { 'content-type': 'text/html' }, body: '<h1>503</h1>' } },
  ],
  ['a 500', { respond: { status: 500, body: { error: 'server_error' } } }],
  ['a connection that breaks before', { drop: 'before' }],
  [
    'an answer of more than 1 MB',
    { respond: { status: 200, body: { access_token: 'x'.repeat(1_048_576) } } },
  ],
  ['a 429 without a time', { respond: { status: 429, body: { error: 'too_many_requests' } } }],
  [
    'a 429 with a time',
    { respond: { status: 429, headers: { 'retry-after': '20' }, body: { error: 'too_many_requests' } } },
  ],
];

async function clientAt(tenant: TestTenant, subject = tenant.ada.subject) {
  const refreshToken = await tenant.signIn();
  return createGateClient({
    gate: createTestGate(tenant, { firstLeg: { refreshToken: () => refreshToken } }),
    identity: { subject, sessionId: 's' },
  });
}

describe('passing faults', () => {
  it.each(PASSING)('do not end a wait for the phone: %s', async (_, fault) => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const client = await clientAt(tenant);
    await client.start();
    tenant.phone.approve();
    tenant.emulator.faults.add({ ...fault, times: 2, match: { grantType: OOB } });

    const states = [];
    for (let poll = 0; poll < 4; poll += 1) {
      tenant.clock.advance(30_000);
      states.push((await client.view()).state);
    }

    expect(states[0]).toBe('polling');
    expect(states.at(-1)).toBe('approved');
    expect(tenant.challenges()).toBe(1);
    expect(await client.isAllowed()).toBe(true);
  });

  it.each(PASSING)('do not end a first leg: %s', async (_, fault) => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const client = await clientAt(tenant);
    tenant.emulator.faults.add({ ...fault, match: { grantType: 'refresh_token' } });

    const waiting = await client.start();
    tenant.clock.advance(30_000);

    expect(waiting).toMatchObject({ state: 'authenticating' });
    expect(await client.view()).toMatchObject({ state: 'polling' });
    expect(tenant.challenges()).toBe(1);
  });

  it.each(PASSING)('do not end the listing of authenticators: %s', async (_, fault) => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const client = await clientAt(tenant);
    tenant.emulator.faults.add({ ...fault, match: { path: '/mfa/authenticators' } });

    const waiting = await client.start();
    tenant.clock.advance(30_000);

    expect(waiting).toMatchObject({ state: 'listing' });
    expect(await client.view()).toMatchObject({ state: 'polling' });
  });

  it('that last for minutes do not make a watcher send the push: the user is asked', async () => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const client = await clientAt(tenant);
    tenant.emulator.faults.add({
      respond: { status: 429, headers: { 'retry-after': '120' }, body: { error: 'too_many_requests' } },
      match: { path: '/mfa/authenticators' },
    });

    expect(await client.start()).toMatchObject({ state: 'listing' });
    tenant.clock.advance(130_000);
    const view = await client.view();

    expect(view).toMatchObject({ state: 'choosing' });
    expect(tenant.challenges()).toBe(0);
    const push = view.authenticators.find(({ factor }) => factor === 'push');
    const sent = await client.event({ type: 'factor.choose', authenticatorId: push?.id });
    expect(sent).toMatchObject({ state: 'polling' });
    expect(tenant.challenges()).toBe(1);
  });

  it('do not lose an approval from the last moment', async () => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const client = await clientAt(tenant);
    const { expiresAt = 0 } = await client.start();
    while (tenant.clock.now() < expiresAt - 3_000) {
      tenant.clock.advance(1_000);
      await client.view();
    }
    tenant.phone.approve();
    tenant.clock.advance(1_500);

    expect(await client.view()).toMatchObject({ state: 'approved' });
    expect(await client.isAllowed()).toBe(true);
  });

  it.each<[string, Omit<Fault, 'match'>]>([
    ['before', { drop: 'before' }],
    ['after', { drop: 'after' }],
    ['with a 503', { respond: { status: 503, body: '' } }],
  ])('never send a push twice: the user decides when the answer is lost %s', async (_, fault) => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const client = await clientAt(tenant);
    tenant.emulator.faults.add({ ...fault, match: { path: '/mfa/challenge' } });

    const view = await client.start();
    tenant.clock.advance(120_000);
    await client.view();

    expect(view).toMatchObject({ state: 'failed', reason: 'delivery_unknown' });
    expect(view.allowedEvents).toContain('challenge.resend');
    expect(tenant.challenges()).toBe(1);
    expect(await client.event({ type: 'challenge.resend' })).toMatchObject({ state: 'polling' });
  });

  it('send no push whose answer could not be checked: the keys come first', async () => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const client = await clientAt(tenant);
    tenant.emulator.faults.add({ drop: 'before', match: { path: '/.well-known/jwks.json' } });

    const waiting = await client.start();

    expect(waiting).toMatchObject({ state: 'authenticating', reason: 'provider_unavailable' });
    expect(tenant.challenges()).toBe(0);
    tenant.clock.advance(30_000);
    expect(await client.view()).toMatchObject({ state: 'polling' });
  });

  it('only delay the check of whose approval it is until the keys are there again', async () => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const refreshToken = await tenant.signIn();
    let isDown = true;
    const checked: string[] = [];
    const gate = createTestGate(tenant, {
      firstLeg: { refreshToken: () => refreshToken },
      testing: {
        identityCheck: {
          prepare: async () => {},
          check: async (_tokens, subject) => {
            const { StepUpError } = await import('@stepgate/core');
            if (isDown) throw new StepUpError('provider_unavailable', 'no keys');
            checked.push(subject);
          },
        },
      },
    });
    const client = createGateClient({ gate, identity: { subject: tenant.ada.subject, sessionId: 's' } });
    await client.start();
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);

    expect(await client.view()).toMatchObject({ state: 'identifying', reason: 'provider_unavailable' });
    expect(await client.isAllowed()).toBe(false);
    isDown = false;
    tenant.clock.advance(30_000);
    expect(await client.view()).toMatchObject({ state: 'approved' });
    expect(checked).toEqual([tenant.ada.subject]);
  });

  it('differ from an approval by another user, which never counts', async () => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const client = await clientAt(tenant, 'auth0|somebody-else');
    await client.start();
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);

    expect(await client.view()).toMatchObject({ state: 'failed', reason: 'subject_mismatch' });
    expect(await client.isAllowed()).toBe(false);
  });

  it('do not come from us: flows keep to the limit on polls, however often they are viewed', async () => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const client = await clientAt(tenant);
    await client.start();

    for (let second = 0; second < 299; second += 1) {
      tenant.clock.advance(1_000);
      await client.view();
    }

    const polls = tenant.exchanges.filter(({ sent }) => sent.includes('mfa-oob'));
    expect(polls.length).toBeGreaterThan(30);
    expect(polls.filter(({ status }) => status === 429)).toEqual([]);
  });

  it('of the store get a 503 without its text, from guards and endpoints', async () => {
    const tenant = createTestTenant();
    const store = {
      ...createMemoryStore(),
      read: () => Promise.reject(new Error('redis://:hunter2@10.0.0.5 is down')),
    };
    const gate = createTestGate(tenant, { store });
    const client = createGateClient({ gate, identity: { subject: 'ada', sessionId: 's' } });

    const answer = await client.send('GET', '/step-up/flow');

    expect(answer.status).toBe(503);
    expect(answer.body).toMatchObject({ error: 'store_unavailable', error_description: expect.any(String) });
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(answer.text).not.toContain('hunter2');
    expect(await client.isAllowed()).toBe(false);
  });

  describe('of the store', () => {
    /** A browser whose gate cannot write what the names of the store say, once the time has come. */
    async function clientOf(tenant: TestTenant, fails: (key: string) => boolean) {
      await tenant.enrolPush();
      const refreshToken = await tenant.signIn();
      const store = createMemoryStore({ now: () => tenant.clock.now() });
      const errors: unknown[] = [];
      const gate = createTestGate(tenant, {
        firstLeg: { refreshToken: () => refreshToken },
        onError: (error) => errors.push(error),
        store: {
          ...store,
          write: (key, value, options) =>
            fails(key) ? Promise.reject(new Error('away')) : store.write(key, value, options),
        },
      });
      const identity = { subject: tenant.ada.subject, sessionId: 's' };
      return { client: createGateClient({ gate, identity }), errors };
    }

    it('after the response to a code lose none of its effect: one try too many is counted, and reported', async () => {
      const tenant = createTestTenant();
      const isTried = (): boolean => tenant.exchanges.some(({ sent }) => sent.includes('mfa-otp'));
      const { client, errors } = await clientOf(tenant, (key) => key.includes(':limit:') && isTried());
      const { authenticators } = await client.start();
      const app = authenticators.find(({ factor }) => factor === 'otp');
      await client.event({ type: 'factor.choose', authenticatorId: app?.id });

      const code = tenant.phone.codes().at(-1)?.code;
      expect(await client.event({ type: 'code.submit', code })).toMatchObject({ state: 'approved' });
      // Neither the code nor the push that it stood in for is given back.
      const away = { code: 'store_unavailable' };
      expect(errors).toMatchObject([away, away]);
    });

    it('after a sent push do not lose it', async () => {
      const tenant = createTestTenant();
      const isSent = (): boolean => tenant.challenges() > 0;
      const { client, errors } = await clientOf(tenant, (key) => key.includes(':push:') && isSent());

      expect(await client.start()).toMatchObject({ state: 'polling' });
      tenant.phone.approve();
      tenant.clock.advance(POLL_MS);
      expect(await client.view()).toMatchObject({ state: 'approved' });
      expect(errors).not.toEqual([]);
    });

    it.each([
      ['on its way to a browser that has none', { cookie: '' }],
      ['of a browser that has it', {}],
    ])('at the end of a start do not lose the handle %s', async (_, headers) => {
      const tenant = createTestTenant();
      const isSent = (): boolean => tenant.challenges() > 0;
      const { client, errors } = await clientOf(tenant, (key) => key.includes(':start:') && isSent());

      const requirement = await client.requirement();
      const { status, body } = await client.send('POST', '/step-up/flow', { headers, body: { requirement } });

      expect(status).toBe(201);
      expect(body).toMatchObject({ state: 'polling' });
      expect(errors).toMatchObject([{ code: 'store_unavailable' }]);
    });
  });
});

describe('a wrong set-up', () => {
  const firstLeg = { password: { username: () => 'ada' } };

  it('that gives no refresh token is logged, once, where nothing else can begin a flow', async () => {
    const tenant = createTestTenant();
    const errors: unknown[] = [];
    const gate = createTestGate(tenant, {
      firstLeg: { refreshToken: () => undefined },
      onError: (error) => errors.push(error),
    });

    for (const sessionId of ['s', 't']) {
      const client = createGateClient({ gate, identity: { subject: tenant.ada.subject, sessionId } });
      expect(await client.start()).toMatchObject({ state: 'failed', reason: 'login_required' });
    }

    expect(errors).toMatchObject([
      { code: 'login_required', message: expect.stringContaining('allow Offline Access at the API') },
    ]);
  });

  it('is no fault where the password can still begin a flow', async () => {
    const tenant = createTestTenant();
    const errors: unknown[] = [];
    const gate = createTestGate(tenant, {
      firstLeg: { refreshToken: () => undefined, ...firstLeg },
      onError: (error) => errors.push(error),
    });
    const client = createGateClient({ gate, identity: { subject: tenant.ada.subject, sessionId: 's' } });

    expect(await client.start()).toMatchObject({ state: 'authenticating' });
    expect(errors).toEqual([]);
  });

  it.each<[string, Partial<TenantClient>, string, string]>([
    [
      'a client secret',
      { clientSecret: 'another' },
      'provider_misconfigured',
      'POST oauth/token was refused: 401 access_denied: the client id or its credentials are wrong',
    ],
    [
      'an audience',
      { audience: 'https://nowhere.example/' },
      'provider_misconfigured',
      'POST oauth/token was refused: 403 access_denied: the tenant has no API with this audience',
    ],
    [
      'a scope that demands no MFA',
      { scope: 'openid' },
      'mfa_not_required',
      'the tenant did not ask for MFA: its policy or Action must demand it for the step-up scope',
    ],
  ])('is logged with an explanation: %s', async (_, auth0, code, message) => {
    const tenant = createTestTenant();
    const errors: unknown[] = [];
    const gate = createTestGate(tenant, {
      provider: providerOf({ ...tenant.auth0, ...auth0 }),
      firstLeg,
      onError: (error) => errors.push(error),
    });
    const client = createGateClient({
      gate,
      identity: { subject: tenant.ada.subject, sessionId: 's' },
    });

    await client.start();
    const view = await client.event({ type: 'password.submit', password: tenant.ada.password });

    expect(view).toMatchObject({ state: 'failed', reason: code });
    expect(errors).toMatchObject([{ code, message }]);
    expect(inspect(errors)).not.toContain(tenant.ada.password);
  });

  it('is logged again only after a minute, because an outage hits every flow and each of its polls', async () => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const refreshToken = await tenant.signIn();
    const errors: unknown[] = [];
    const gate = createTestGate(tenant, {
      firstLeg: { refreshToken: () => refreshToken },
      onError: (error) => errors.push(error),
    });
    const client = createGateClient({
      gate,
      identity: { subject: tenant.ada.subject, sessionId: 's' },
    });
    await client.start();
    tenant.emulator.faults.add({ drop: 'before', times: 99, match: { grantType: OOB } });

    for (let seconds = 0; seconds < 50; seconds += 10) {
      tenant.clock.advance(10_000);
      await client.view();
    }
    expect(errors).toMatchObject([{ code: 'provider_unavailable' }]);
    tenant.clock.advance(70_000);
    await client.view();
    expect(errors).toHaveLength(2);
  });
});

describe('a store that fails when a start is to be answered', () => {
  it('leaves the browser its handle, and the flow continues', async () => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const refreshToken = await tenant.signIn();
    const store = createMemoryStore({ now: () => tenant.clock.now() });
    let outage: 'to come' | 'now' | 'over' = 'to come';
    const errors: unknown[] = [];
    const gate = createTestGate(tenant, {
      firstLeg: { refreshToken: () => refreshToken },
      store: {
        ...store,
        read: (key) =>
          outage === 'now' && isRecordKey(key) ? Promise.reject(new Error('gone')) : store.read(key),
        async write(key, value, options) {
          const version = await store.write(key, value, options);
          const { text = '' } = value as { readonly text?: string };
          if (outage === 'to come' && text.includes('{"polling":"waiting"}')) outage = 'now';
          return version;
        },
      },
      onError: (error) => errors.push(error),
    });
    const identity = { subject: tenant.ada.subject, sessionId: 's' };
    const requirement = await createGateClient({ gate, identity }).requirement();

    const { status, body, headers } = await createGateClient({ gate, identity }).send(
      'POST',
      '/step-up/flow',
      { headers: { cookie: '' }, body: { requirement } },
    );

    expect(status).toBe(201);
    expect(body).toMatchObject({ state: 'authenticating' });
    expect(errors.at(-1)).toMatchObject({ code: 'store_unavailable' });
    outage = 'over';
    const [, handle = ''] = /^stepgate=([\w-]{43});/.exec(headers.get('set-cookie') ?? '') ?? [];
    expect(await createGateClient({ gate, identity, handle }).view()).toMatchObject({ state: 'polling' });
    expect(tenant.challenges()).toBe(1);
  });
});

describe('a store that loses an answer when an addition begins', () => {
  it.each([
    ['the flow’s, at its end', '"value":"prompting"', /^[\w-]+:[\w-]{43}$/, 201],
    ['the user’s, at its beginning', '"value":{"authenticating":"requesting"}', /:subject:/, 503],
  ])('starts one addition per approval: %s', async (_, written, lost, status) => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const refreshToken = await tenant.signIn();
    const store = createMemoryStore({ now: () => tenant.clock.now() });
    let losses = 0;
    const gate = createTestGate(tenant, {
      firstLeg: { refreshToken: () => refreshToken },
      store: {
        ...store,
        read(key) {
          if (losses !== 1 || !lost.test(key)) return store.read(key);
          losses += 1;
          return Promise.reject(new Error('gone'));
        },
        async write(key, value, options) {
          const version = await store.write(key, value, options);
          const { text = '' } = value as { readonly text?: string };
          if (losses === 0 && text.includes('"adds"') && text.includes(written)) losses = 1;
          return version;
        },
      },
      onError: () => {},
    });
    const client = createGateClient({ gate, identity: { subject: tenant.ada.subject, sessionId: 's' } });
    const add = (): Promise<GateAnswer> =>
      client.send('POST', '/step-up/authenticators', { body: { factor: 'otp' } });
    const refused = (await add()).body as { step_up: { requirement: string } };
    await client.send('POST', '/step-up/flow', { body: { requirement: refused.step_up.requirement } });
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);
    await client.view();

    const begun = await add();
    await client.send('DELETE', '/step-up/flow');
    const again = await add();

    expect([begun.status, again.status]).toEqual([status, 401]);
    expect(losses).toBe(2);
  });
});
