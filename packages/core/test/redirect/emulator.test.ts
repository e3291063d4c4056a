import { createEmulator } from '@stepgate/emulator';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { createManualClock } from 'suites/manual-clock.ts';
import { signingKey } from 'suites/signing-key.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  belongsTo,
  createDiscovery,
  createRedirectClient,
  type HostedProof,
  parseReturn,
  type RedirectOptions,
} from '../../src/index.ts';

const ACR = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';
const CALLBACK = 'https://bank.example/step-up/callback';
const clock = createManualClock();
const emulator = createEmulator({
  clock,
  issuer: 'https://tenant.test/',
  users: [],
  clients: [{ clientId: 'app', clientSecret: 'client-secret', callbackUrls: [CALLBACK] }],
  signingKey,
});
let subject: string;
beforeEach(() => {
  emulator.reset();
  subject = emulator.addUser({ username: 'ada', password: 'correct-horse' }).sub;
  emulator.enroll('ada', { factor: 'push' });
});

const fetch = (input: Request | URL | string, init?: RequestInit): Promise<Response> =>
  emulator.handle(new Request(input, init));

type Visit = NonNullable<Parameters<typeof emulator.completeLogin>[1]>;

/** Auth0, as its documentation sets it up: it is asked by the class, and answers in `amr`. */
async function stepUp(options: Partial<RedirectOptions> = {}, visit?: Visit): Promise<HostedProof> {
  const discover = createDiscovery({ issuer: emulator.issuer, fetch });
  const client = createRedirectClient({
    discover,
    fetch,
    now: () => clock.now(),
    clientId: 'app',
    clientSecret: 'client-secret',
    acrValues: [ACR],
    amr: ['mfa'],
    ...options,
  });
  const departure = await client.depart({ subject, redirectUri: CALLBACK });
  const { url } = await emulator.completeLogin(departure.authorizationUrl, visit);
  const returned = parseReturn(new URL(url).search.slice(1));
  expect(belongsTo(returned, departure)).toBe(true);
  const exchanged = await client.exchange({ code: await client.codeOf(returned), departure });
  const keys = (await (await fetch((await discover()).jwksUri)).json()) as JSONWebKeySet;
  const { payload } = await jwtVerify(exchanged.tokens.idToken, createLocalJWKSet(keys), {
    issuer: emulator.issuer,
    audience: 'app',
    currentDate: new Date(clock.now()),
  });
  return client.check(payload, { ...exchanged, departure });
}

describe('Auth0’s pages', () => {
  it('prove a second factor', async () => {
    expect(await stepUp()).toMatchObject({ amr: ['mfa'] });
  });

  it('prove nothing when no second factor was asked for', async () => {
    await expect(stepUp({ acrValues: [] })).rejects.toMatchObject({ code: 'mfa_not_required' });
  });

  it('prove nothing with a session, if max_age is ignored and amr belongs to the session', async () => {
    emulator.configure({ dialect: { maxAgeZero: 'ignored', stepUpAuthTime: 'login', amrScope: 'session' } });
    const cookies = new Map<string, string>();
    await stepUp({}, { cookies });
    clock.advance(60_000);

    await expect(stepUp({}, { cookies })).rejects.toMatchObject({ code: 'authentication_stale' });
  });

  it('prove a second factor by the time in a claim', async () => {
    const claim = 'https://app.example/mfa';
    emulator.configure({ mfaClaim: claim });
    const cookies = new Map<string, string>();
    await stepUp({}, { cookies });
    clock.advance(3_600_000);

    const options = { freshness: { claim, types: ['push-notification'] } };
    expect(await stepUp(options, { cookies })).toMatchObject({
      method: 'push-notification',
      authenticatedAt: expect.closeTo(clock.now(), -4),
    });
    await expect(stepUp({ freshness: { claim, types: ['otp'] } }, { cookies })).rejects.toMatchObject({
      code: 'mfa_not_required',
    });
  });

  it('accept a request that was pushed', async () => {
    emulator.configure({ par: 'required' });
    expect(await stepUp({ par: 'require' })).toMatchObject({ amr: ['mfa'] });
    await expect(stepUp({ par: 'off' })).rejects.toMatchObject({ code: 'provider_misconfigured' });
  });

  it('send a user back after a cancel', async () => {
    await expect(stepUp({}, { decision: 'cancel' })).rejects.toMatchObject({ code: 'rejected' });
  });
});
