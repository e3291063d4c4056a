import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import type { FlowView } from '@stepgate/core';
import { CLIENT_SECRET, createTestTenant, PASSWORD, POLL_MS, type TestTenant } from 'suites/test-tenant.ts';
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { type AuditEvent, createMemoryStore, type Store } from '../../src/index.ts';
import { createSealer } from '../../src/lib/seal.ts';
import {
  createGateClient,
  createTestGate,
  type GateAnswer,
  type GateClient,
  SECRET,
} from '../support/gate-client.ts';
import { type Heard, listenToSignals } from '../support/signal-listener.ts';
import { storedRecord } from '../support/stored-record.ts';

const SECRET_MEMBERS = [
  'access_token',
  'id_token',
  'refresh_token',
  'mfa_token',
  'oob_code',
  'barcode_uri',
  'secret',
  'recovery_code',
  'recovery_codes',
];
const HANDLE = 'the-handle-of-this-browser-and-of-no-other-';
const TYPED_CODE = '135790';

/** Everything that was written down while a flow ran. */
interface Watched {
  readonly tenant: TestTenant;
  readonly client: GateClient;
  /** Keys and values of the store, as text. */
  readonly stored: string[];
  /** What `onError` and the console have heard. */
  readonly logged: unknown[];
  readonly events: AuditEvent[];
  /** What the tracing channels have told. */
  readonly signals: Heard;
  readonly answers: GateAnswer[];
  readonly refreshTokens: string[];
}

let consoles: MockInstance[] = [];
let spoken: unknown[] = [];
let signals: Heard;
beforeEach(() => {
  spoken = [];
  signals = listenToSignals();
  consoles = (['log', 'info', 'warn', 'error', 'debug'] as const).map((method) =>
    vi.spyOn(console, method).mockImplementation((...words: unknown[]) => {
      spoken.push(words);
    }),
  );
});
afterEach(() => {
  signals.stop();
  for (const spy of consoles) spy.mockRestore();
});

async function watch(): Promise<Watched> {
  const tenant = createTestTenant();
  const stored: string[] = [];
  const logged: unknown[] = [];
  const events: AuditEvent[] = [];
  const answers: GateAnswer[] = [];
  const refreshTokens = [await tenant.signIn()];
  const memory = createMemoryStore({ now: () => tenant.clock.now() });
  const store: Store = {
    ...memory,
    write(key, value, options) {
      stored.push(`${key} ${JSON.stringify(value)}`);
      return memory.write(key, value, options);
    },
  };
  const gate = createTestGate(tenant, {
    store,
    firstLeg: {
      refreshToken: () => refreshTokens.at(-1),
      saveRefreshToken: (_, token) => {
        refreshTokens.push(token);
      },
      password: { username: () => tenant.ada.username },
    },
    onError: (error) => logged.push(error),
    onEvent: (event) => events.push(event),
  });
  const { endpoints } = gate;
  const client = createGateClient({
    gate: {
      ...gate,
      async endpoints(request, web) {
        const response = await endpoints(request, web);
        if (response === undefined) return undefined;
        const text = await response.clone().text();
        const headers = new Headers(response.headers);
        answers.push({ status: response.status, headers, text, body: {} });
        return response;
      },
    },
    identity: { subject: tenant.ada.subject, sessionId: 'the session of this login' },
    handle: HANDLE,
  });
  return { tenant, client, stored, logged, events, signals, answers, refreshTokens };
}

/** Every secret that came up, read off the wire. */
function secretsOf({ tenant, refreshTokens }: Watched): string[] {
  const found = new Set([PASSWORD, CLIENT_SECRET, SECRET, HANDLE, TYPED_CODE, 'the session of this login']);
  for (const token of refreshTokens) found.add(token);
  for (const { received } of tenant.exchanges) {
    if (!received.startsWith('{')) continue;
    const members = JSON.parse(received) as Record<string, unknown>;
    for (const name of SECRET_MEMBERS) {
      for (const value of [members[name]].flat()) if (typeof value === 'string') found.add(value);
    }
  }
  return [...found];
}

/** An answer as text; of a view, what is outside `disclosure`. */
function shown({ text, headers }: GateAnswer): string {
  const head = JSON.stringify([...headers]);
  if (headers.get('content-type')?.includes('json') !== true) return head + text;
  const { disclosure: _shownOnPurpose, ...rest } = JSON.parse(text) as Partial<FlowView>;
  return head + JSON.stringify(rest);
}

function expectSilence(watched: Watched): void {
  const secrets = secretsOf(watched);
  const places = {
    store: watched.stored.join('\n'),
    log: inspect([watched.logged, spoken], { depth: 20, showHidden: true }),
    events: JSON.stringify(watched.events),
    signals: watched.signals.text.join('\n'),
    answers: watched.answers.map(shown).join('\n'),
  };
  for (const [place, text] of Object.entries(places)) {
    const leaked = secrets.filter(
      (secret) => text.includes(secret) || text.includes(encodeURIComponent(secret)),
    );
    expect({ place, leaked }).toEqual({ place, leaked: [] });
  }
}

describe('secrets', () => {
  it('of a flow that adds a phone show only in the disclosure of their own state', async () => {
    const watched = await watch();
    const { tenant, client } = watched;

    await client.send('GET', `/step-up?requirement=${await client.requirement()}`);
    await client.start();
    await client.event({ type: 'password.submit', password: `${PASSWORD}-but-wrong` });
    await client.event({ type: 'password.submit', password: PASSWORD });
    const confirming = await client.view();
    tenant.phone.scan();
    tenant.clock.advance(POLL_MS);
    const acknowledging = await client.view();
    await client.event({ type: 'codes.acknowledge' });

    expect(await client.view()).toMatchObject({ state: 'approved' });
    expect(confirming.disclosure).toHaveProperty('barcodeUri');
    expect(acknowledging.disclosure).toHaveProperty('recoveryCodes');
    expect(secretsOf(watched).length).toBeGreaterThan(12);
    expect(watched.stored.length).toBeGreaterThan(8);
    expect(watched.events.length).toBeGreaterThan(5);
    expect(watched.signals.done.length).toBeGreaterThan(20);
    expectSilence(watched);
    // Nor does a flow that is over keep any, sealed.
    const [key = '', ...value] = (watched.stored.at(-1) ?? '').split(' ');
    const flow = storedRecord(JSON.parse(value.join(' ')))?.flow;
    expect(
      createSealer(SECRET, randomBytes).open(flow?.vault ?? '', `vault:${key.split(':').at(-1)}`),
    ).toEqual({});
    // Each was shown in one state, and no longer.
    const [barcode = '', code = ''] = [
      confirming.disclosure?.barcodeUri,
      acknowledging.disclosure?.recoveryCodes?.[0],
    ];
    const states = (secret: string): string[] =>
      watched.answers
        .filter(({ text }) => text.includes(JSON.stringify(secret)))
        .map(({ text }) => (JSON.parse(text) as FlowView).state);
    expect(new Set(states(barcode))).toEqual(new Set(['confirming']));
    expect(new Set(states(code))).toEqual(new Set(['acknowledging']));
  });

  it('of a flow that is approved, denied or answered with a code never show', async () => {
    const watched = await watch();
    const { tenant, client } = watched;
    await tenant.enrolPush();

    await client.start();
    tenant.phone.deny();
    tenant.clock.advance(POLL_MS);
    await client.view();
    tenant.clock.advance(60_000);
    await client.event({ type: 'flow.retry' });
    const otp = (await client.view()).authenticators.find(({ factor }) => factor === 'otp');
    await client.event({ type: 'factor.choose', authenticatorId: otp?.id });
    await client.event({ type: 'code.submit', code: TYPED_CODE });
    await client.event({ type: 'challenge.resend' });
    await client.event({ type: 'code.submit', code: tenant.phone.codes()[0]?.code });

    expect(await client.view()).toMatchObject({ state: 'approved' });
    expectSilence(watched);
  });

  it('that are kept for a handler, or open the MFA API, never show', async () => {
    const watched = await watch();
    const { tenant, client } = watched;
    await tenant.enrolPush();
    const approved = async (method: string, path: string, body?: unknown): Promise<GateAnswer> => {
      const refused = await client.send(method, path, { body });
      await client.send('POST', '/step-up/flow', { body: refused.body.step_up });
      tenant.phone.approve();
      tenant.clock.advance(POLL_MS);
      await client.view();
      tenant.clock.advance(60_000);
      return client.send(method, path, { body });
    };

    const list = await approved('GET', '/step-up/authenticators');
    expect(list.body.authenticators).toHaveLength(3);
    await approved('POST', '/step-up/authenticators', { factor: 'otp' });
    const { disclosure } = await client.view();
    tenant.phone.scan(disclosure?.barcodeUri);
    await client.event({ type: 'code.submit', code: tenant.phone.codes().at(-1)?.code });

    expect(await client.view()).toMatchObject({ state: 'approved', adds: 'otp' });
    const stored = watched.stored
      .map((line) => line.slice(line.indexOf(' ') + 1))
      .filter((text) => text.includes('tokens'));
    expect(stored.length).toBeGreaterThan(2);
    expect(secretsOf(watched).filter((secret) => secret.startsWith('eyJ')).length).toBeGreaterThan(4);
    expectSilence(watched);
  });

  it('never show in a refusal of wrong input', async () => {
    const watched = await watch();
    const { client } = watched;
    await client.start();

    await client.event({ type: 'password.submit', password: '' });
    await client.event({ type: 'code.submit', code: TYPED_CODE });
    await client.event({ type: `password ${PASSWORD}` });
    await client.send('POST', '/step-up/flow', { body: { requirement: PASSWORD } });
    await client.send('POST', '/step-up/flow/events', {
      body: { type: 'password.submit', password: PASSWORD },
    });
    await client.send('POST', '/step-up/flow/events', {
      headers: { 'content-type': 'text/plain' },
      body: PASSWORD,
    });
    await client.send('PUT', '/step-up/flow', { body: PASSWORD });

    expect(watched.answers.filter(({ status }) => status >= 400).length).toBeGreaterThan(5);
    expectSilence(watched);
  });

  it.each([
    [
      'an error that repeats them',
      { respond: { status: 400, body: { error: 'weird', error_description: PASSWORD } } },
    ],
    ['a page that repeats them', { respond: { status: 500, body: `<h1>${CLIENT_SECRET} ${PASSWORD}</h1>` } }],
    ['tokens that are none', { respond: { status: 200, body: { access_token: 7, mfa_token: PASSWORD } } }],
    ['a connection that breaks', { drop: 'after' }],
  ] as const)('never show in the report of a failure: %s', async (_, fault) => {
    const watched = await watch();
    const { tenant, client } = watched;
    await tenant.enrolPush();
    for (const path of ['/oauth/token', '/mfa/authenticators', '/mfa/challenge']) {
      tenant.emulator.faults.add({ ...fault, match: { path } });
    }

    await client.start();
    for (let step = 0; step < 4; step += 1) {
      tenant.clock.advance(60_000);
      await client.event({ type: 'flow.retry' });
      await client.event({ type: 'password.submit', password: PASSWORD });
      await client.view();
    }

    expectSilence(watched);
  });
});
