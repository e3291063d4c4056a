import { createClient } from '@redis/client';
import { createAuth0MfaApi, createAuth0SignIn } from '@stepgate/core';
import { createEmulator } from '@stepgate/emulator';
import { exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { CHECKS, type CheckName, type DoctorAuth0, type DoctorOptions, examine } from '../src/index.ts';
import { fetchThroughProxy, type ProxyHabits } from './support/proxy.ts';
import { createScene, hasRedis, type Scene } from './support/scene.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await createScene();
});
afterAll(() => scene[Symbol.asyncDispose]());
beforeEach(() => scene.emulator.reset());

/** Something that is set up wrongly, and the one finding that is to tell of it. */
interface Fault {
  /** "… where the {fault}" */
  readonly fault: string;
  readonly finding: CheckName;
  readonly fix: RegExp;
  readonly verdict?: 'warn';
  /** Makes it so; options that it answers with take the place of the healthy ones. */
  readonly seed: () => unknown;
}

function tenant(change: Partial<DoctorAuth0>): Partial<DoctorOptions> {
  return { auth0: { ...scene.healthy.auth0, ...change } };
}

function behind(habits: ProxyHabits, port = scene.app.port): Partial<DoctorOptions> {
  return { fetch: fetchThroughProxy(port, habits) };
}

/** A tenant that adds the step-up scope to what a login has asked for. */
async function generously(...args: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetchThroughProxy(scene.app.port)(...args);
  if (!response.url.endsWith('/oauth/token')) return response;
  const { status, headers } = response;
  const text = await response.text();
  return new Response(text.replace('openid offline_access', '$& transfer:funds'), { status, headers });
}

async function foreignKeys(): Promise<void> {
  const { publicKey } = await generateKeyPair('ES256');
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'another', use: 'sig', alg: 'ES256' }];
  const match = { path: '/.well-known/jwks.json' };
  scene.emulator.faults.add({ match, times: 9, respond: { status: 200, body: { keys } } });
}

const OF_THE_TENANT: readonly Fault[] = [
  {
    fault: 'issuer is plain http to another machine',
    finding: 'issuer',
    fix: /write https/,
    seed: () => tenant({ issuer: 'http://tenant.example/' }),
  },
  {
    fault: 'issuer lacks its slash',
    verdict: 'warn',
    finding: 'issuer',
    fix: /as tokens have it/,
    seed: () => tenant({ issuer: scene.emulator.issuer.slice(0, -1) }),
  },
  {
    fault: 'issuer answers nothing',
    finding: 'discovery',
    fix: /spelling of auth0\.issuer/,
    seed: () => tenant({ issuer: 'http://127.0.0.1:9/' }),
  },
  {
    fault: 'tenant calls itself otherwise',
    finding: 'discovery',
    fix: /set auth0\.issuer to https:\/\/login\.bank\.example\//,
    seed: async () => {
      const other = await createEmulator({ issuer: 'https://login.bank.example/' }).listen();
      onTestFinished(() => other.close());
      return tenant({ issuer: other.url });
    },
  },
  {
    fault: 'clocks differ by two minutes',
    finding: 'clock',
    fix: /NTP/,
    seed: () => scene.emulator.clock.advance(120_000),
  },
  {
    fault: 'clocks differ by ten seconds',
    verdict: 'warn',
    finding: 'clock',
    fix: /NTP/,
    seed: () => scene.emulator.clock.advance(10_000),
  },
  {
    fault: 'client secret is wrong',
    finding: 'client-authentication',
    fix: /copy client id and secret/,
    seed: () => tenant({ clientSecret: 'not-the-secret' }),
  },
  {
    fault: 'client assertion is signed with an unknown key',
    finding: 'client-authentication',
    fix: /register the public key/,
    seed: () => {
      const { clientSecret: _, ...rest } = scene.healthy.auth0;
      return { auth0: { ...rest, clientAssertion: async () => 'e30.e30.e30' } };
    },
  },
  {
    fault: 'application is a public one',
    verdict: 'warn',
    finding: 'client-authentication',
    fix: /Regular Web Application/,
    seed: () => {
      const { clientSecret: _, ...rest } = scene.healthy.auth0;
      return { auth0: { ...rest, clientId: 'public' } };
    },
  },
  {
    fault: 'application may not use the recovery code',
    verdict: 'warn',
    finding: 'mfa-grants',
    fix: /switch MFA on/,
    seed: () => tenant({ clientId: 'without-recovery' }),
  },
  {
    fault: 'application may not use the password',
    finding: 'sign-in',
    fix: /switch Password on/,
    seed: () => tenant({ clientId: 'without-password' }),
  },
  {
    fault: 'application may not use the password of a named connection',
    finding: 'sign-in',
    fix: /switch Password on/,
    seed: () => tenant({ clientId: 'without-password', realm: 'Username-Password-Authentication' }),
  },
  {
    fault: 'application may not use the MFA grants',
    finding: 'mfa-grants',
    fix: /switch MFA on/,
    seed: () => ({ ...tenant({ clientId: 'without-mfa' }), sends: false }),
  },
  {
    fault: 'test user is given with a wrong password',
    finding: 'sign-in',
    fix: /name and password/,
    seed: () => ({ user: { username: 'ada', password: 'wrong' } }),
  },
  {
    fault: 'tenant has no default directory',
    finding: 'sign-in',
    fix: /set auth0\.realm/,
    seed: () => {
      const body = {
        error: 'server_error',
        error_description: 'Authorization server not configured with default connection.',
      };
      const match = { grantType: 'password' };
      scene.emulator.faults.add({ match, times: 9, respond: { status: 500, body } });
    },
  },
  {
    fault: 'API is not registered',
    finding: 'sign-in',
    fix: /register the API https:\/\/other\.example\//,
    seed: () => tenant({ audience: 'https://other.example/' }),
  },
  {
    fault: 'id_tokens are signed with HS256',
    finding: 'id-token-algorithm',
    fix: /RS256/,
    seed: () => tenant({ clientId: 'symmetric' }),
  },
  {
    fault: 'JWKS lacks the key in use',
    finding: 'signing-keys',
    fix: /signing keys/,
    seed: foreignKeys,
  },
  {
    fault: 'JWKS is empty',
    finding: 'signing-keys',
    fix: /signing keys/,
    seed: () => {
      const match = { path: '/.well-known/jwks.json' };
      scene.emulator.faults.add({ match, times: 9, respond: { status: 200, body: { keys: [] } } });
    },
  },
  {
    fault: 'tenant demands no MFA',
    finding: 'mfa-demanded',
    fix: /deploy the post-login Action/,
    seed: () => scene.emulator.configure({ mfaPolicy: 'never' }),
  },
  {
    fault: 'Action knows another scope',
    finding: 'mfa-demanded',
    fix: /this scope/,
    seed: () => scene.emulator.configure({ stepUpScopes: ['another:scope'] }),
  },
  {
    fault: 'step-up scope comes with every login',
    finding: 'step-up-scope',
    fix: /removeScope/,
    seed: () => ({ fetch: generously }),
  },
  {
    fault: 'API allows no offline access',
    finding: 'offline-access',
    fix: /Allow Offline Access/,
    seed: () => scene.emulator.configure({ offlineAccess: false }),
  },
  {
    // The tenant then gives none out, which is seen first.
    fault: 'application may not use refresh tokens',
    finding: 'offline-access',
    fix: /Refresh Token in the application's Grant Types/,
    seed: () => tenant({ clientId: 'without-refresh' }),
  },
  {
    fault: 'refresh token may not ask for the step-up scope',
    finding: 'refresh-token',
    fix: /refresh_token\.policies/,
    seed: () => scene.emulator.configure({ refreshScopes: 'granted' }),
  },
  {
    fault: 'tenant answers a refresh token with no mfa_token',
    finding: 'refresh-token',
    fix: /sign in anew/,
    seed: () => scene.emulator.configure({ dialect: { refreshMfaToken: 'absent' } }),
  },
  {
    fault: 'refresh token is revoked',
    finding: 'refresh-token',
    fix: /not used up, expired or revoked/,
    seed: () => ({ refreshToken: 'v1.revoked' }),
  },
  {
    fault: 'Action lets refresh tokens through',
    finding: 'refresh-token',
    fix: /must not return for oauth2-refresh-token/,
    seed: () => {
      const body = { access_token: 'a', token_type: 'Bearer', scope: 'openid transfer:funds' };
      scene.emulator.faults.add({ match: { grantType: 'refresh_token' }, respond: { status: 200, body } });
    },
  },
  {
    fault: 'MFA API has another audience',
    finding: 'mfa-audience',
    fix: /set auth0\.mfaAudience/,
    seed: () => tenant({ mfaAudience: 'https://login.bank.example/mfa/' }),
  },
  {
    fault: 'push is switched off, for a user without a factor',
    finding: 'push',
    fix: /Push Notification using Auth0 Guardian/,
    seed: () => scene.emulator.configure({ factors: ['otp', 'sms'] }),
  },
  {
    fault: 'push is switched off, for a user with a phone',
    finding: 'push',
    fix: /Push Notification using Auth0 Guardian/,
    seed: async () => {
      await enrolPhone();
      scene.emulator.configure({ factors: ['otp', 'sms'] });
    },
  },
  {
    fault: 'Action asks for other factors than push',
    finding: 'push',
    fix: /name push-notification/,
    seed: () => scene.emulator.configure({ mfaRequirements: { enroll: ['otp'], challenge: ['otp'] } }),
  },
];

const OF_THE_APP: readonly Fault[] = [
  {
    fault: 'secret is too short',
    finding: 'secret',
    fix: /openssl rand/,
    seed: () => ({ secret: 'Qx7mB2vK9pLw4Rt8Yc1Nf6Js3Zh5Dg0' }),
  },
  {
    fault: 'secret is a placeholder',
    finding: 'secret',
    fix: /openssl rand/,
    seed: () => ({ secret: 'change-me-change-me-change-me-change-me' }),
  },
  {
    fault: 'older one of two secrets repeats itself',
    finding: 'secret',
    fix: /openssl rand/,
    seed: () => ({ secret: [String(scene.healthy.secret), 'xy'.repeat(32)] }),
  },
  {
    fault: 'secret reads like words',
    verdict: 'warn',
    finding: 'secret',
    fix: /openssl rand/,
    seed: () => ({ secret: 'my horse was quite correct about the battery and its staple' }),
  },
  {
    fault: 'app does not run',
    finding: 'app',
    fix: /that the app runs/,
    seed: () => behind({}, 9),
  },
  {
    fault: 'gate is mounted elsewhere',
    finding: 'app',
    fix: /under the basePath/,
    seed: () => ({ app: { url: 'https://bank.example', basePath: '/elsewhere' } }),
  },
  {
    fault: 'app believes no proxy, so that its cookie is not Secure',
    finding: 'app-proxy',
    fix: /trust proxy/,
    seed: () => behind({}, scene.distrustfulApp.port),
  },
  {
    fault: 'proxy asks the app under another Host',
    finding: 'app-proxy',
    fix: /pass on the Host header/,
    seed: () => behind({ host: 'app.internal:3000' }),
  },
  {
    fault: 'proxy asks the app as this machine, as nginx does by default',
    finding: 'app-proxy',
    fix: /proxy_set_header Host/,
    seed: () => behind({ host: '127.0.0.1:3000' }, scene.distrustfulApp.port),
  },
  {
    fault: 'proxy takes Secure from the cookie',
    finding: 'app-cookie',
    fix: /leave Set-Cookie unchanged/,
    seed: () => behind({ answering: (headers) => changeCookie(headers, /; Secure/, '') }),
  },
  {
    fault: 'proxy adds a Domain to the cookie',
    finding: 'app-cookie',
    fix: /leave Set-Cookie unchanged/,
    seed: () => behind({ answering: (headers) => changeCookie(headers, /$/, '; Domain=bank.example') }),
  },
  {
    fault: 'proxy packs what the gate answers',
    finding: 'app-stream',
    fix: /gzip off/,
    seed: () => behind({ answering: (headers) => headers.set('content-encoding', 'gzip') }),
  },
  {
    fault: 'proxy holds streams back',
    finding: 'app-stream',
    fix: /proxy_buffering off/,
    seed: () => ({
      app: { url: 'https://bank.example', ...scene.healthy.app, timeoutMs: 500 },
      ...behind({ buffers: true }),
    }),
  },
  {
    fault: 'proxy answers out of a cache',
    finding: 'app-stream',
    fix: /proxy_cache off/,
    seed: () => behind({ answering: (headers) => headers.set('age', '7') }),
  },
  {
    fault: 'proxy says what may be cached',
    verdict: 'warn',
    finding: 'app-stream',
    fix: /cache or buffer/,
    seed: () => behind({ answering: (headers) => headers.set('cache-control', 'public, max-age=60') }),
  },
];

const OF_THE_STORE: readonly Fault[] = [
  {
    fault: 'store is not there',
    finding: 'store',
    fix: /check REDIS_URL/,
    seed: () => ({ redisUrl: 'redis://127.0.0.1:9' }),
  },
  {
    fault: 'user of the store may not read',
    finding: 'store',
    fix: /\+hmget/,
    seed: async () => {
      await redisDoes((client) => client.aclSetUser('nobody', ['on', '>pw', '+ping']));
      return { redisUrl: scene.healthy.redisUrl?.replace('//', '//nobody:pw@') };
    },
  },
  {
    fault: 'store evicts',
    finding: 'store-eviction',
    fix: /maxmemory-policy noeviction/,
    seed: () => redisSays({ 'maxmemory-policy': 'allkeys-lru' }),
  },
  {
    fault: 'store would evict, had it a limit',
    verdict: 'warn',
    finding: 'store-eviction',
    fix: /maxmemory-policy noeviction/,
    seed: () => redisSays({ 'maxmemory-policy': 'volatile-ttl', maxmemory: '0' }),
  },
  {
    fault: 'store writes its log once a second',
    verdict: 'warn',
    finding: 'store-durability',
    fix: /appendfsync always/,
    seed: () => redisSays({ appendfsync: 'everysec' }),
  },
  {
    fault: 'store keeps no log',
    verdict: 'warn',
    finding: 'store-durability',
    fix: /appendonly yes/,
    seed: () => redisSays({ appendonly: 'no' }),
  },
];

function changeCookie(headers: Headers, what: RegExp, to: string): void {
  const cookies = headers.getSetCookie();
  headers.delete('set-cookie');
  for (const cookie of cookies) headers.append('set-cookie', cookie.replace(what, to));
}

const redisClient = () => createClient({ url: scene.healthy.redisUrl ?? '' });

/** Does something with the store itself. */
async function redisDoes<T>(deed: (client: ReturnType<typeof redisClient>) => Promise<T>): Promise<T> {
  const client = redisClient();
  await client.connect();
  try {
    return await deed(client);
  } finally {
    client.destroy();
  }
}

/** Changes settings of the store, until the end of the test. */
async function redisSays(settings: Readonly<Record<string, string>>): Promise<void> {
  const before = await redisDoes((client) => client.configGet(Object.keys(settings)));
  await redisDoes((client) => client.configSet(settings));
  onTestFinished(() => redisDoes(async (client) => void (await client.configSet({ ...before }))));
}

async function enrolPhone(): Promise<void> {
  const { auth0, user } = scene.healthy;
  const result = await createAuth0SignIn(auth0).password(user ?? { username: '', password: '' });
  if (result.status !== 'mfa_required') throw new Error('no MFA was demanded');
  const { mfaToken } = result;
  const api = createAuth0MfaApi(auth0);
  const { oobCode = '' } = await api.enroll({ mfaToken, factor: 'push' });
  scene.emulator.phone('ada').scan();
  await api.redeem({ mfaToken, proof: { type: 'oob', oobCode }, enrolling: true });
}

/** As long as it takes: the test answers at once. */
const WAITING = { waitMs: 10_000, pollMs: 20 };

const unhealthy = (options: DoctorOptions) =>
  examine(options).then(({ findings, isHealthy }) => ({
    isHealthy,
    troubles: findings.filter(({ verdict }) => verdict === 'warn' || verdict === 'fail'),
  }));

describe('the doctor', () => {
  it.skipIf(!hasRedis)('finds nothing wrong in a healthy set-up, and skips nothing', async () => {
    const { findings, isHealthy } = await examine({
      ...scene.healthy,
      ways: ['mfa-api', 'ciba', 'redirect'],
    });
    const allOk = Object.fromEntries(Object.keys(CHECKS).map((check) => [check, 'ok']));
    expect(Object.fromEntries(findings.map(({ check, verdict }) => [check, verdict]))).toEqual({
      ...allOk,
      'ciba-channels': 'warn',
    });
    expect(isHealthy).toBe(true);
  });

  it('finds nothing wrong with a tenant that demands MFA at every login', async () => {
    scene.emulator.configure({ mfaPolicy: 'always' });
    expect(await unhealthy(scene.healthy)).toEqual({ isHealthy: true, troubles: [] });
  });

  it('finds nothing wrong with an application that authenticates with private_key_jwt', async () => {
    const { clientAssertion } = scene;
    const { clientSecret: _, ...auth0 } = { ...scene.healthy.auth0, clientId: 'asserting', clientAssertion };
    expect(await unhealthy({ ...scene.healthy, auth0 })).toEqual({ isHealthy: true, troubles: [] });
  });

  it('finds nothing wrong with a named database connection', async () => {
    const realm = 'Username-Password-Authentication';
    expect(await unhealthy({ ...scene.healthy, ...tenant({ realm }) })).toEqual({
      isHealthy: true,
      troubles: [],
    });
    const grants = scene.emulator.requests.map(({ grantType }) => grantType);
    expect(grants).toContain('http://auth0.com/oauth/grant-type/password-realm');
    expect(grants).not.toContain('password');
  });

  it('finds nothing wrong with a user who has a phone', async () => {
    await enrolPhone();
    expect(await unhealthy(scene.healthy)).toEqual({ isHealthy: true, troubles: [] });
    expect(scene.emulator.phone('ada').notifications()).toHaveLength(1);
  });

  it.skipIf(!hasRedis)(
    'says no more than that a store answers if it does not show its settings',
    async () => {
      await redisDoes((client) => client.aclSetUser('app', ['on', '>pw', '~stepgate:*', '+hmget', '+ping']));
      const redisUrl = scene.healthy.redisUrl?.replace('//', '//app:pw@') ?? '';
      const { findings } = await examine({ ...scene.healthy, redisUrl });
      const verdicts = findings.flatMap(({ check, verdict }) => (check.startsWith('store') ? [verdict] : []));
      expect(verdicts).toEqual(['ok', 'skipped', 'skipped', 'skipped', 'skipped']);
    },
  );

  it('checks the tokens of an approved push if no login brings any', async () => {
    await enrolPhone();
    scene.emulator.configure({ mfaPolicy: 'always' });
    const examination = examine({ ...scene.healthy, ...WAITING });
    await scene.emulator.phone('ada').nextNotification();
    scene.emulator.phone('ada').approve();
    const { findings } = await examination;
    expect(findings).toContainEqual(
      expect.objectContaining({ check: 'push', seen: 'a push was sent and approved' }),
    );
    expect(findings).toContainEqual(expect.objectContaining({ check: 'id-token-algorithm', verdict: 'ok' }));
    expect(findings).toContainEqual(expect.objectContaining({ check: 'signing-keys', verdict: 'ok' }));
  });

  it.each([
    ['denied', /approve it/],
    ['not answered', /check whether it arrived/],
  ])('reports that the push was %s', async (answer, fix) => {
    await enrolPhone();
    const examination = unhealthy({ ...scene.healthy, ...WAITING, waitMs: answer === 'denied' ? 5_000 : 40 });
    await scene.emulator.phone('ada').nextNotification();
    if (answer === 'denied') scene.emulator.phone('ada').deny();
    const { troubles } = await examination;
    expect(troubles).toEqual([
      expect.objectContaining({ check: 'push', verdict: 'warn', fix: expect.stringMatching(fix) }),
    ]);
  });

  it.each([...OF_THE_TENANT, ...OF_THE_APP, ...(hasRedis ? OF_THE_STORE : [])])(
    'reports by $finding alone that the $fault',
    async ({ seed, finding, fix, verdict = 'fail' }) => {
      const change = await seed();
      expect(await unhealthy({ ...scene.healthy, ...(change as Partial<DoctorOptions>) })).toEqual({
        isHealthy: verdict === 'warn',
        troubles: [
          {
            check: finding,
            verdict,
            seen: expect.stringMatching(/\w/),
            why: CHECKS[finding],
            fix: expect.stringMatching(fix),
          },
        ],
      });
    },
  );
});
