import { createManualClock } from 'suites/manual-clock.ts';
import { type OidcProvider, startOidcProvider } from 'suites/oidc-provider.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createGate, type Gate, oidc } from '../../src/index.ts';
import type { HostRequest } from '../../src/request/host-request.ts';
import { createGateClient, type GateClient, SECRET, type TestNative } from '../support/gate-client.ts';

let provider: OidcProvider;
/** The gate that the provider pings, and what it said. */
let pinged: Gate<TestNative> | undefined;
let answers: number[];
beforeAll(async () => {
  provider = await startOidcProvider({ onPing: (request) => answerPing(request) });
});
afterAll(() => provider.close());

const POLL_MS = 6_000;
const policy = { action: { id: 'transfer-1', title: 'Pay 9 to Zoe' } };

let clock: ReturnType<typeof createManualClock>;
let errors: unknown[];
let client: GateClient;

beforeEach(() => {
  clock = createManualClock();
  // The provider signs with the time of this machine.
  clock.advance(Date.now() - clock.now());
  errors = [];
  answers = [];
  client = connect();
});

async function answerPing(web: Request): Promise<Response> {
  const native = { identity: undefined };
  const request: HostRequest<TestNative> = {
    native,
    method: web.method,
    url: new URL(web.url).pathname,
    protocol: 'https',
    host: 'bank.test',
    header: (name) => web.headers.get(name) ?? undefined,
    forPolicy: () => native,
    parsedBody: () => undefined,
    whenGone: () => {},
  };
  const response = await pinged?.endpoints(request, () => web);
  answers.push(response?.status ?? 0);
  return response ?? new Response(null, { status: 503 });
}

function connect(differences: Partial<Parameters<typeof oidc>[0]> = {}, subject = 'auth0|ada'): GateClient {
  const gate = createGate<TestNative>({
    provider: oidc({
      issuer: provider.issuer,
      clientId: 'post',
      clientSecret: 'client-secret',
      allowInsecureIssuer: true,
      ciba: {},
      ...differences,
    }),
    secret: SECRET,
    identify: ({ identity }) => identity,
    onError: (error) => errors.push(error),
    testing: { clock, random: () => 0.5 },
  });
  pinged = gate;
  return createGateClient({ gate, identity: { subject, sessionId: 's' }, policy });
}

const pushed = () => provider.asked.at(-1) ?? { authReqId: '', message: '' };
const codeOf = (message: string): string => message.slice(0, 4);

async function later(): Promise<Awaited<ReturnType<GateClient['view']>>> {
  clock.advance(POLL_MS);
  return client.view();
}

describe('a gate at a standard OpenID provider', () => {
  it('asks with the subject as the hint and a message that every provider takes', async () => {
    expect(await client.start()).toMatchObject({
      state: 'polling',
      way: 'ciba',
      pushCode: { shown: 'message' },
    });
    expect(pushed().message).toMatch(/^[B-Z2-9]{4}-Pay-9-to-Zoe$/);
  });

  it('grants the approval for the code and the tap, by an id_token whose issuer has no slash', async () => {
    await client.start();
    const { authReqId, message } = pushed();
    await client.event({ type: 'code.submit', code: codeOf(message) });
    expect(await later()).toMatchObject({ state: 'polling' });
    await provider.approve(authReqId);

    expect(await later()).toMatchObject({ state: 'approved' });
    expect(await client.isAllowed()).toBe(true);
    expect(errors).toEqual([]);
  });

  it('ends with the denial of the user', async () => {
    await client.start();
    await provider.refuse(pushed().authReqId, 'AccessDenied');
    expect(await later()).toMatchObject({ state: 'rejected', reason: 'rejected' });
  });

  it('ends as expired where the provider says so', async () => {
    await client.start();
    await provider.refuse(pushed().authReqId, 'ExpiredToken');
    expect(await later()).toMatchObject({ state: 'expired', reason: 'challenge_expired' });
  });

  it('sends nothing for another user, and tells an operator', async () => {
    const before = provider.asked.length;
    const stranger = connect({}, 'nobody');
    expect(await stranger.start()).toMatchObject({ state: 'failed', reason: 'not_enrolled' });
    expect(provider.asked).toHaveLength(before);
    expect(errors).toMatchObject([{ code: 'not_enrolled' }]);
  });

  it.each([
    ['a secret that is wrong', { clientSecret: 'wrong' }],
    ['an application without the grant', { clientId: 'other' }],
  ])('tells an operator of %s', async (_, differences) => {
    expect(await connect(differences).start()).toMatchObject({
      state: 'failed',
      reason: 'provider_misconfigured',
    });
    expect(errors).toMatchObject([{ code: 'provider_misconfigured' }]);
  });

  it('takes the answer to the newest push alone', async () => {
    await client.start();
    const first = pushed();
    clock.advance(16_000);
    await client.event({ type: 'challenge.resend' });
    const second = pushed();
    await provider.approve(first.authReqId);
    await client.event({ type: 'code.submit', code: codeOf(second.message) });

    expect(await later()).toMatchObject({ state: 'polling' });
    await provider.approve(second.authReqId);
    expect(await later()).toMatchObject({ state: 'approved' });
  });
});

describe('a gate that the provider pings', () => {
  const ping = { clientId: 'ping', ciba: { ping: true } };

  it('sees the approval without another poll before it', async () => {
    const owner = connect(ping);
    await owner.start();
    const { authReqId, message } = pushed();
    await owner.event({ type: 'code.submit', code: codeOf(message) });
    expect(await owner.view()).toMatchObject({ state: 'polling' });
    await provider.approve(authReqId, 'ping');

    expect(answers).toEqual([204]);
    await expect.poll(() => owner.view()).toMatchObject({ state: 'approved' });
    expect(errors).toEqual([]);
  });

  it('sees the denial', async () => {
    const owner = connect(ping);
    await owner.start();
    await provider.refuse(pushed().authReqId, 'AccessDenied');
    await expect.poll(() => owner.view()).toMatchObject({ state: 'rejected', reason: 'rejected' });
  });

  it('asks for pings where the application is registered for them, or sends nothing', async () => {
    const before = provider.asked.length;
    const owner = connect({ ...ping, ciba: {} });
    expect(await owner.start()).toMatchObject({ state: 'failed', reason: 'provider_misconfigured' });
    expect(provider.asked).toHaveLength(before);
  });
});

describe('oidc', () => {
  const settings = { issuer: 'https://login.test', clientId: 'c', clientSecret: 's', ciba: {} };

  it.each<[string, Record<string, unknown>]>([
    ['issuer:', { issuer: 'login.test' }],
    ['clientId:', { clientId: '' }],
    ['clientSecret or clientAssertion', { clientSecret: undefined }],
    ['oidc: needs a way: give ciba, redirect, or both', { ciba: undefined }],
    ['oidc.ciba.message: is not an option', { ciba: { message: 'Pay' } }],
    ['oidc.ciba.messageRules:', { ciba: { messageRules: { maxLength: 3, characters: 'A-Z' } } }],
    ['oidc.ciba.messageRules:', { ciba: { messageRules: { maxLength: 20, characters: 'z-a' } } }],
    ['oidc.ciba.expirySeconds:', { ciba: { expirySeconds: 0 } }],
    ['pollTimeoutMs:', { ciba: { pollTimeoutMs: 0 } }],
    ['oidc.ciba.ping:', { ciba: { ping: 'yes' } }],
    ['oidc.mfaApi: is not an option', { mfaApi: {} }],
  ])('names %s when it is wrong: %j', (name, wrong) => {
    const create = (): unknown => oidc({ ...settings, ...wrong } as typeof settings);
    expect(create).toThrow(TypeError);
    expect(create).toThrow(name);
  });
});
