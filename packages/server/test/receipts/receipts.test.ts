import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  decodeProtectedHeader,
  importJWK,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose';
import { createTestTenant, POLL_MS, providerOf, type TestTenant } from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import type { Gate } from '../../src/gate/gate.ts';
import type { GateOptions } from '../../src/gate/gate-options.ts';
import { createMemoryStore, type Policy, type ReceiptKey, type StepUp } from '../../src/index.ts';
import { boundDigest, verifyReceipt } from '../../src/receipt.ts';
import { createCibaScene } from '../support/ciba-scene.ts';
import {
  createGateClient,
  createTestGate,
  type GateClient,
  type TestNative,
} from '../support/gate-client.ts';

const ISSUER = 'http://localhost/step-up';
const LEDGER = { audience: 'ledger' };
const GRACE = { to: 'Grace', amount: 250 };
const TRANSFER = { maxAge: 0, action: { id: 'transfer', bind: ['to', 'amount'] } } as const satisfies Policy;
const NO_LIMITS = { starts: false, pushes: false, messages: false } as const;

interface Scene {
  readonly tenant: TestTenant;
  readonly gate: Gate<TestNative>;
  readonly client: GateClient;
  readonly native: TestNative;
}

async function scene(
  policy: Policy = TRANSFER,
  options: Partial<GateOptions<TestNative>> = {},
): Promise<Scene> {
  const tenant = createTestTenant();
  await tenant.enrolPush();
  const refreshToken = await tenant.signIn();
  const gate = createTestGate(tenant, {
    firstLeg: { refreshToken: () => refreshToken },
    limits: NO_LIMITS,
    ...options,
  });
  const identity = { subject: tenant.ada.subject, sessionId: 's' };
  return {
    tenant,
    gate,
    client: createGateClient({ gate, identity, policy }),
    native: { identity, body: GRACE },
  };
}

async function approve({ tenant, client, native }: Scene): Promise<void> {
  const refused = await client.decide('/transfers', native);
  if (refused.isAllowed) throw new Error('there is an approval already');
  const { step_up } = JSON.parse(refused.response.body) as { step_up: { requirement: string } };
  await client.send('POST', '/step-up/flow', { body: { requirement: step_up.requirement } });
  tenant.phone.approve();
  tenant.clock.advance(POLL_MS);
  expect(await client.view()).toMatchObject({ state: 'approved' });
}

async function use({ client, native }: Scene): Promise<StepUp> {
  const decision = await client.decide('/transfers', { ...native });
  if (!decision.isAllowed || decision.stepUp === undefined) throw new Error('there is no approval');
  return decision.stepUp;
}

async function approvedUse(...args: Parameters<typeof scene>): Promise<Scene & { readonly stepUp: StepUp }> {
  const opened = await scene(...args);
  await approve(opened);
  return { ...opened, stepUp: await use(opened) };
}

async function keysOf(client: GateClient): Promise<JSONWebKeySet> {
  const answer = await client.send('GET', '/step-up/jwks.json');
  expect(answer.status).toBe(200);
  return JSON.parse(answer.text) as JSONWebKeySet;
}

/** What a service does that knows jose and nothing of Stepgate. */
async function verifyWithJose({ client, tenant }: Scene, receipt: string): Promise<JWTPayload> {
  const { payload } = await jwtVerify(receipt, createLocalJWKSet(await keysOf(client)), {
    issuer: ISSUER,
    audience: 'ledger',
    typ: 'stepgate-receipt+jwt',
    currentDate: new Date(tenant.clock.now()),
  });
  return payload;
}

function createKey(type: 'ec' | 'ed25519'): ReceiptKey {
  const { privateKey } =
    type === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  return privateKey.export({ format: 'jwk' }) as unknown as ReceiptKey;
}

const publicPart = ({ d: _private, ...key }: ReceiptKey): ReceiptKey => key;

describe('a receipt', () => {
  it('says who approved what, when and how, to a service that has jose alone', async () => {
    const opened = await approvedUse();
    const { tenant, stepUp } = opened;

    const payload = await verifyWithJose(opened, await stepUp.receipt(LEDGER));

    const now = Math.floor(tenant.clock.now() / 1_000);
    expect(payload).toEqual({
      iss: ISSUER,
      sub: tenant.ada.subject,
      aud: 'ledger',
      jti: expect.stringMatching(/^[\w-]{22}$/),
      iat: now,
      exp: now + 60,
      approval: stepUp.approval.id,
      auth_time: Math.floor(stepUp.approval.approvedAt / 1_000),
      factor: 'push',
      way: 'mfa-api',
      single_use: true,
      action: 'transfer',
      bound: boundDigest(GRACE),
    });
  });

  it('is another one each time, for one service each', async () => {
    const opened = await approvedUse();
    const [one, two] = [await opened.stepUp.receipt(LEDGER), await opened.stepUp.receipt(LEDGER)];
    const other = await opened.stepUp.receipt({ audience: 'archive' });

    expect((await verifyWithJose(opened, one)).jti).not.toBe((await verifyWithJose(opened, two)).jti);
    await expect(verifyWithJose(opened, other)).rejects.toThrow('"aud"');
  });

  it.each([undefined, {}, { audience: '' }, { audience: ['ledger'] }])(
    'needs an audience: %j',
    async (wrong) => {
      const { stepUp } = await approvedUse();

      await expect(stepUp.receipt(wrong as never)).rejects.toThrow(/^receipt: audience must name/);
    },
  );

  it('says by which way the user approved, and what the phone has shown', async () => {
    const { client, gate, phone, shown, later, tenant } = createCibaScene();
    await client.start();
    await client.event({ type: 'code.submit', code: shown().code });
    phone.approve();
    expect(await later()).toMatchObject({ state: 'approved' });
    const decision = await client.decide();
    const receipt = (decision.isAllowed && (await decision.stepUp?.receipt(LEDGER))) || '';

    expect(
      await verifyWithJose({ client, gate, tenant, native: { identity: undefined } }, receipt),
    ).toMatchObject({
      way: 'ciba',
      shown: 'message',
      factor: 'push',
      action: 'transfer-1',
    });
  });

  it('names neither action nor bound members where the policy has none', async () => {
    const opened = await approvedUse({ maxAge: '5m' });

    const payload = await verifyWithJose(opened, await opened.stepUp.receipt(LEDGER));

    expect(payload).toMatchObject({ single_use: false });
    expect(Object.keys(payload)).not.toContain('action');
    expect(Object.keys(payload)).not.toContain('bound');
  });
});

describe('a receipt and an approval that expires', () => {
  it('does not outlive the approval', async () => {
    const opened = await approvedUse({ maxAge: '5m' });
    const { tenant, stepUp } = opened;
    tenant.clock.advance(stepUp.approval.approvedAt + 270_000 - tenant.clock.now());

    const { exp } = await verifyWithJose(opened, await stepUp.receipt(LEDGER));

    expect(exp).toBe(Math.floor((stepUp.approval.approvedAt + 300_000) / 1_000));
  });

  it('is refused once the approval is too old, however long the handler runs', async () => {
    const { tenant, stepUp } = await approvedUse({ maxAge: '5m' });
    tenant.clock.advance(300_001);

    await expect(stepUp.receipt(LEDGER)).rejects.toMatchObject({
      code: 'insufficient_user_authentication',
      message: expect.stringContaining('at the beginning of the handler'),
    });
  });

  it('is there for a handler that was let in at the last moment', async () => {
    const opened = await scene({ maxAge: '5m' });
    const { tenant } = opened;
    await approve(opened);
    tenant.clock.advance(299_000 - POLL_MS);
    const stepUp = await use(opened);
    tenant.clock.advance(30_000);

    const { exp = 0 } = await verifyWithJose(opened, await stepUp.receipt(LEDGER));

    expect(exp * 1_000 - tenant.clock.now()).toBeLessThanOrEqual(30_000);
    tenant.clock.advance(30_000);
    await expect(stepUp.receipt(LEDGER)).rejects.toMatchObject({ code: 'insufficient_user_authentication' });
  });
});

describe('a receipt of an approval that is revoked while the handler runs', () => {
  const REVOCATIONS: readonly [string, (opened: Scene) => Promise<void>][] = [
    [
      'by a sign-out',
      ({ gate, client, native }) => gate.revoke(client.hostRequest('POST', '/logout', native)),
    ],
    ['of all the user’s logins', ({ gate, tenant }) => gate.revokeSubject(tenant.ada.subject)],
  ];

  it.each(
    REVOCATIONS.flatMap(([by, revoke]) =>
      [TRANSFER, { maxAge: '5m' } as const].map((policy) => ({ by, revoke, policy, maxAge: policy.maxAge })),
    ),
  )('is not given any more: revoked $by, with maxAge $maxAge', async ({ revoke, policy }) => {
    const opened = await approvedUse(policy);
    const { stepUp } = opened;
    const given = await stepUp.receipt(LEDGER);
    await revoke(opened);

    await expect(stepUp.receipt(LEDGER)).rejects.toMatchObject({
      code: 'insufficient_user_authentication',
      message: expect.stringContaining('revoked'),
    });
    // A new approval in the same browser does not bring it back.
    opened.tenant.clock.advance(16_000);
    const next = { ...opened, native: { identity: opened.native.identity, body: GRACE } };
    await approve(next);
    await expect(stepUp.receipt(LEDGER)).rejects.toMatchObject({ code: 'insufficient_user_authentication' });
    expect(await (await use(next)).receipt(LEDGER)).toMatch(/^ey/);
    // What was given before, no gate can take back.
    expect((await verifyWithJose(opened, given)).approval).toBe(stepUp.approval.id);
  });

  it('is not given by another process either', async () => {
    const store = createMemoryStore();
    const opened = await approvedUse(TRANSFER, { store });
    await createTestGate(opened.tenant, { store }).revokeSubject(opened.tenant.ada.subject);

    await expect(opened.stepUp.receipt(LEDGER)).rejects.toMatchObject({
      code: 'insufficient_user_authentication',
    });
  });
});

describe('a receipt and an approval for a single use', () => {
  it('is given to the one request that has used it', async () => {
    const opened = await scene();
    await approve(opened);
    const decisions = await Promise.all(
      Array.from({ length: 5 }, () => opened.client.decide('/transfers', { ...opened.native })),
    );

    expect(decisions.filter(({ isAllowed }) => isAllowed)).toHaveLength(1);
  });

  it('is refused when the request has given the approval back', async () => {
    const opened = await approvedUse();
    const { stepUp } = opened;
    await stepUp.release();

    await expect(stepUp.receipt(LEDGER)).rejects.toMatchObject({ code: 'insufficient_user_authentication' });
    const again = await use(opened);
    await expect(stepUp.receipt(LEDGER)).rejects.toMatchObject({ code: 'insufficient_user_authentication' });
    expect((await verifyWithJose(opened, await again.receipt(LEDGER))).approval).toBe(stepUp.approval.id);
  });

  it('is not given back with a receipt out, on which a service acts that forgets it a minute later', async () => {
    const opened = await approvedUse();
    const { stepUp, tenant, client, native } = opened;
    const [receipt] = await Promise.all([stepUp.receipt(LEDGER), stepUp.release()]);
    expect((await verifyWithJose(opened, receipt)).approval).toBe(stepUp.approval.id);

    await stepUp.release();
    tenant.clock.advance(61_000);

    // Another request: a copy of this one would keep what its guard has used.
    const { identity, body } = native;
    expect(await client.decide('/transfers', { identity, body })).toMatchObject({ isAllowed: false });
  });

  it('does not outlive the first receipt of the same single use', async () => {
    const opened = await approvedUse();
    const { stepUp, tenant } = opened;
    const { exp: first } = await verifyWithJose(opened, await stepUp.receipt(LEDGER));
    tenant.clock.advance(30_000);

    const { exp: second = 0 } = await verifyWithJose(opened, await stepUp.receipt(LEDGER));

    expect(second).toBe(first);
    tenant.clock.advance(second * 1_000 - tenant.clock.now() + 1_000);
    await expect(stepUp.receipt(LEDGER)).rejects.toMatchObject({ code: 'insufficient_user_authentication' });
  });

  it('is given back where no receipt came of asking for one', async () => {
    const { stepUp, client, native } = await approvedUse();
    await expect(stepUp.receipt({ audience: '' })).rejects.toThrow('audience');

    await stepUp.release();

    expect(await client.decide('/transfers', { ...native })).toMatchObject({ isAllowed: true });
  });

  it('is refused where `check` has left it unused', async () => {
    const opened = await scene();
    await approve(opened);
    const { gate, client, native } = opened;
    const request = client.hostRequest('POST', '/transfers', native);

    const decision = await gate.check(request, TRANSFER);
    if (!decision.isAllowed) throw new Error('there is no approval');

    await expect(decision.stepUp?.receipt(LEDGER)).rejects.toMatchObject({ code: 'misconfigured' });
    const used = await gate.assert(request, TRANSFER);
    expect(await verifyWithJose(opened, (await used?.receipt(LEDGER)) ?? '')).toMatchObject({
      single_use: true,
    });
  });
});

describe('a receipt and a revocation', () => {
  it.each([
    [
      'of the login',
      ({ gate, client, native }: Scene) => gate.revoke(client.hostRequest('POST', '/logout', native)),
    ],
    ['of the user', ({ gate, tenant }: Scene) => gate.revokeSubject(tenant.ada.subject)],
  ])('%s ends what new receipts come from, and none that a service has', async (_, revoke) => {
    const opened = await approvedUse({ maxAge: '5m' });
    const receipt = await opened.stepUp.receipt(LEDGER);

    await revoke(opened);

    expect(await verifyWithJose(opened, receipt)).toMatchObject({ approval: opened.stepUp.approval.id });
    // Another request: a copy of this one would keep what its guard has used.
    const { identity, body } = opened.native;
    expect((await opened.client.decide('/transfers', { identity, body })).isAllowed).toBe(false);
  });
});

describe('the keys of receipts', () => {
  it.each(['ec', 'ed25519'] as const)('are those of the options (%s)', async (type) => {
    const key = createKey(type);
    const opened = await approvedUse(TRANSFER, {
      receipts: { keys: [key], issuer: 'https://bank.example/su', lifetime: '2m' },
    });

    const receipt = await opened.stepUp.receipt(LEDGER);

    const kid = await calculateJwkThumbprint({ ...key });
    expect(decodeProtectedHeader(receipt)).toEqual({
      alg: type === 'ec' ? 'ES256' : 'EdDSA',
      kid,
      typ: 'stepgate-receipt+jwt',
    });
    const { payload } = await jwtVerify(receipt, createLocalJWKSet(await keysOf(opened.client)), {
      issuer: 'https://bank.example/su',
      audience: 'ledger',
      currentDate: new Date(opened.tenant.clock.now()),
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(120);
  });

  it('are published without their private parts, for everybody', async () => {
    const keys = [createKey('ec'), { ...createKey('ed25519'), kid: 'next' }];
    const { gate } = await scene(TRANSFER, { receipts: { keys } });
    const stranger = createGateClient({ gate, identity: undefined as never });

    const answer = await stranger.send('GET', '/step-up/jwks.json');

    expect(answer.headers.get('content-type')).toBe('application/jwk-set+json');
    expect(JSON.parse(answer.text)).toEqual({
      keys: [
        { ...publicPart(keys[0] as ReceiptKey), kid: expect.any(String), alg: 'ES256', use: 'sig' },
        { ...publicPart(keys[1] as ReceiptKey), kid: 'next', alg: 'EdDSA', use: 'sig' },
      ],
    });
    for (const { d = '' } of keys) expect(answer.text).not.toContain(d);
  });

  it('are derived from the secret: all processes sign with the same one, and another secret has another', async () => {
    const same = await Promise.all([scene(), scene()]);
    const other = await scene(TRANSFER, { secret: 'another secret of at least 32 characters' });
    const [one, two, three] = await Promise.all([...same, other].map(({ client }) => keysOf(client)));

    expect(one).toEqual(two);
    expect(one).not.toEqual(three);
    expect(one?.keys).toEqual([expect.objectContaining({ crv: 'Ed25519', alg: 'EdDSA' })]);
  });

  it.each([
    ['application', { clientId: 'another' }],
    ['tenant', { issuer: 'https://other.test/' }],
  ])('are others for a gate of another %s that has the same secret', async (_, difference) => {
    const opened = await approvedUse();
    const { tenant, client, stepUp } = opened;
    const other = createTestGate(tenant, {
      provider: providerOf({ ...tenant.auth0, ...difference }),
      firstLeg: { custom: async () => ({ mfaToken: 'none' }) },
    });
    const [kid] = (await keysOf(client)).keys.map((key) => key.kid);
    const keys = await keysOf(client.at(other));

    expect(keys.keys.map((key) => key.kid)).not.toContain(kid);
    // The issuer follows the address that the request names, so it alone keeps no two gates apart.
    const elsewhere = { issuer: ISSUER, ...LEDGER, keys, now: () => tenant.clock.now() };
    await expect(verifyReceipt(await stepUp.receipt(LEDGER), elsewhere)).rejects.toMatchObject({
      code: 'receipt_invalid',
    });
  });

  it('rotate with the secret: what the old one signed is good while the old one is listed', async () => {
    const old = 'an old secret of at least 32 characters, for tests';
    const next = 'a new secret of at least 32 characters, for tests';
    const before = await approvedUse(TRANSFER, { secret: old });
    const receipt = await before.stepUp.receipt(LEDGER);
    const during = await approvedUse(TRANSFER, { secret: [next, old] });
    const after = await scene(TRANSFER, { secret: next });

    await verifyWithJose({ ...during, tenant: before.tenant }, receipt);
    await verifyWithJose({ ...after, tenant: during.tenant }, await during.stepUp.receipt(LEDGER));
    await expect(verifyWithJose({ ...after, tenant: before.tenant }, receipt)).rejects.toThrow(
      /no applicable key/,
    );
  });

  it('rotate with the options: a key is published before and after it signs', async () => {
    const [old, next] = [createKey('ec'), createKey('ed25519')];
    const before = await approvedUse(TRANSFER, { receipts: { keys: [old, publicPart(next)] } });
    const after = await approvedUse(TRANSFER, { receipts: { keys: [next, publicPart(old)] } });

    await verifyWithJose({ ...before, tenant: after.tenant }, await after.stepUp.receipt(LEDGER));
    await verifyWithJose({ ...after, tenant: before.tenant }, await before.stepUp.receipt(LEDGER));
  });

  it.each([
    [{ keys: [] }, /^receipts\.keys: must be a list of JWKs/],
    [{ keys: [null] }, /^receipts\.keys\.0: must be a JWK of type/],
    [{ keys: [{ kty: 'RSA', n: 'x', e: 'AQAB' }] }, /^receipts\.keys\.0: must be a JWK of type/],
    [{ keys: [publicPart(createKey('ec'))] }, /^receipts\.keys\.0: must have a private part/],
    [
      { keys: [{ ...createKey('ec'), d: createKey('ec').d }] },
      /^receipts\.keys\.0: the private part does not/,
    ],
    [{ keys: [{ ...createKey('ed25519'), d: 'AAAA' }] }, /^receipts\.keys\.0: cannot be read/],
    [
      { keys: [{ ...createKey('ed25519'), x: createKey('ed25519').x }] },
      /^receipts\.keys\.0: the private part does not/,
    ],
    [{ keys: [{ ...createKey('ec'), kid: 7 }] }, /^receipts\.keys\.0\.kid: must be/],
    [{ keys: ['ec', 'ec'].map((type) => ({ ...createKey(type as 'ec'), kid: 'a' })) }, /have the same kid/],
    [{ lifetime: '6m' }, /^receipts\.lifetime: must be/],
    [{ lifetime: 0 }, /^receipts\.lifetime: must be/],
    [{ issuer: '' }, /^receipts\.issuer: must be/],
    [{ key: createKey('ec') }, /^receipts\.key: is not an option/],
  ])('are checked when the gate is made: %#', (receipts, message) => {
    const make = (): unknown => createTestGate(createTestTenant(), { receipts: receipts as never });

    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });

  it('are in no error', () => {
    const key = { ...createKey('ec'), x: 'wrong' };
    let thrown: unknown;
    try {
      createTestGate(createTestTenant(), { receipts: { keys: [key] } });
    } catch (error) {
      thrown = error;
    }

    expect(inspect(thrown, { depth: 9 })).not.toContain(key.d);
  });
});

describe('verifyReceipt', () => {
  async function received(policy?: Policy) {
    const opened = await approvedUse(policy);
    const keys = await keysOf(opened.client);
    const now = (): number => opened.tenant.clock.now();
    return {
      ...opened,
      token: await opened.stepUp.receipt(LEDGER),
      options: { issuer: ISSUER, audience: 'ledger', keys, now },
    };
  }

  it('tells what was approved, and that it is what is about to be done', async () => {
    const { token, options, stepUp, tenant } = await received();

    const receipt = await verifyReceipt(token, {
      ...options,
      bound: { amount: 250, to: 'Grace' },
      action: 'transfer',
      maxAge: '5m',
    });

    expect(receipt).toEqual({
      id: expect.any(String),
      subject: tenant.ada.subject,
      approval: stepUp.approval.id,
      singleUse: true,
      factor: 'push',
      way: 'mfa-api',
      approvedAt: expect.closeTo(stepUp.approval.approvedAt, -4),
      expiresAt: expect.any(Number),
      action: 'transfer',
      bound: boundDigest(GRACE),
    });
  });

  it('says until when it is taken, clocks that differ included', async () => {
    const { token, options } = await received();
    const at = (now: number) => verifyReceipt(token, { ...options, now: () => now });
    const { expiresAt } = await verifyReceipt(token, options);

    await expect(at(expiresAt - 1_000)).resolves.toMatchObject({ expiresAt });
    await expect(at(expiresAt)).rejects.toMatchObject({ code: 'receipt_invalid' });
  });

  it.each([
    ['another issuer', { issuer: 'https://bank.example/step-up' }, '"iss"'],
    ['another service', { audience: 'archive' }, '"aud"'],
    ['another amount', { bound: { ...GRACE, amount: 251 } }, 'what was approved is not what is to be done'],
    ['another type', { bound: { ...GRACE, amount: '250' } }, 'what was approved is not what is to be done'],
    [
      'more than was bound',
      { bound: { ...GRACE, memo: 'x' } },
      'what was approved is not what is to be done',
    ],
    ['nothing that was bound', { bound: null }, 'what was approved is not what is to be done'],
    ['another action', { action: 'close' }, 'it is for another action'],
  ])('refuses a receipt for %s', async (_what, difference, message) => {
    const { token, options } = await received();

    await expect(verifyReceipt(token, { ...options, ...difference })).rejects.toMatchObject({
      code: 'receipt_invalid',
      status: 401,
      message: expect.stringContaining(message),
    });
  });

  it('refuses bound members where nothing was bound', async () => {
    const { token, options } = await received({ maxAge: '5m' });

    await expect(verifyReceipt(token, { ...options, bound: GRACE })).rejects.toMatchObject({
      code: 'receipt_invalid',
    });
    expect(await verifyReceipt(token, options)).toMatchObject({ singleUse: false });
  });

  it('refuses a receipt that has expired, and an approval that is too old', async () => {
    const { token, options, tenant } = await received();
    tenant.clock.advance(58_000);
    await verifyReceipt(token, options);
    await expect(verifyReceipt(token, { ...options, maxAge: 30 })).rejects.toMatchObject({
      message: expect.stringContaining('too old'),
    });

    tenant.clock.advance(10_000);

    await expect(verifyReceipt(token, options)).rejects.toMatchObject({
      message: expect.stringContaining('"exp"'),
    });
  });

  it('refuses another kind of token that the same key has signed', async () => {
    const key = createKey('ec');
    const opened = await approvedUse(TRANSFER, { receipts: { keys: [key] } });
    const claims = await verifyWithJose(opened, await opened.stepUp.receipt(LEDGER));
    const keys = await keysOf(opened.client);
    const options = { issuer: ISSUER, audience: 'ledger', keys, now: () => opened.tenant.clock.now() };
    const signed = async (typ: string): Promise<string> =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', kid: keys.keys[0]?.kid ?? '', typ })
        .sign(await importJWK({ ...key }, 'ES256'));

    await verifyReceipt(await signed('stepgate-receipt+jwt'), options);
    await expect(verifyReceipt(await signed('JWT'), options)).rejects.toMatchObject({
      code: 'receipt_invalid',
    });
  });

  it('refuses what was changed, or signed by another key', async () => {
    const { token, options } = await received();
    const [header = '', payload = '', signature = ''] = token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as JWTPayload;
    const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const foreign = await approvedUse(TRANSFER, { receipts: { keys: [createKey('ec')] } });

    for (const forged of [
      '',
      'no.token.atall',
      `${header}.${encoded({ ...claims, sub: 'mallory' })}.${signature}`,
      `${encoded({ alg: 'none', typ: 'stepgate-receipt+jwt' })}.${payload}.`,
      `${encoded({ alg: 'EdDSA', typ: 'JWT' })}.${payload}.${signature}`,
      `${header}.${payload}.${'A'.repeat(signature.length)}`,
      await foreign.stepUp.receipt(LEDGER),
    ]) {
      await expect(verifyReceipt(forged, options)).rejects.toMatchObject({ code: 'receipt_invalid' });
    }
  });

  it.each([
    [{ issuer: 'http://bank.example/step-up', keys: undefined }, /^issuer: must be an https address/],
    [{ issuer: 'bank', keys: undefined }, /^issuer: must be an https address/],
    [{ issuer: '' }, /^issuer: must be/],
    [{ audience: undefined }, /^audience: must be/],
    [{ maxAge: 'soon' }, /^maxAge: must be/],
    [{ bound: undefined }, /must give JSON, and undefined is not/],
    [{ bound: new Map() }, /must give JSON, and a Map is not/],
  ])('takes no wrong option: %#', async (wrong, message) => {
    const { token, options } = await received();

    const work = verifyReceipt(token, { ...options, ...wrong } as never);
    await expect(work).rejects.toThrow(TypeError);
    await expect(work).rejects.toThrow(message);
  });

  it('says so when the keys cannot be fetched', async () => {
    const { token, options } = await received();

    await expect(
      verifyReceipt(token, { ...options, issuer: 'http://127.0.0.1:9/step-up', keys: undefined } as never),
    ).rejects.toMatchObject({ code: 'receipt_keys_unavailable', status: 503 });
  });
});
