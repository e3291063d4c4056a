import { randomUUID } from 'node:crypto';
import { createEmulator, type Emulator } from '@stepgate/emulator';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { redisProgram, startRedis } from '../../../redis/test/support/redis-server.ts';
import type { DoctorOptions } from '../../src/index.ts';
import { signedIn, startApp, type TestApp } from './app.ts';
import { fetchThroughProxy } from './proxy.ts';

/** A tenant, a store and an app of the tests' own. */
export interface Scene extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly app: TestApp;
  /** The same app, which believes no proxy. */
  readonly distrustfulApp: TestApp;
  /** Signs for the application `asserting`, which authenticates with private_key_jwt. */
  readonly clientAssertion: () => Promise<string>;
  /** Everything is there, as it should be, and somebody has just signed in. */
  readonly healthy: DoctorOptions;
}

/** Whether this machine has a store to look at. */
export const hasRedis = redisProgram() !== undefined;

const MFA = ['oob', 'otp', 'recovery-code'].map((name) => `http://auth0.com/oauth/grant-type/mfa-${name}`);
/** A secret of the application, for both ways of using it. */
export const CLIENT_SECRET = 'q8Zr3nVx0TjLw5KcYd7uHs2MbGf9PeAi';

/** Sets the scene. `reset` of the emulator between two examinations is the test's. */
export async function createScene(): Promise<Scene> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const emulator = createEmulator({
    clients: [
      {
        clientId: 'stepgate-demo',
        clientSecret: CLIENT_SECRET,
        callbackUrls: ['https://bank.example/step-up/callback'],
      },
      {
        clientId: 'without-ciba',
        clientSecret: CLIENT_SECRET,
        grantTypes: ['password', 'refresh_token', ...MFA],
      },
      { clientId: 'public' },
      { clientId: 'asserting', keys: [await exportJWK(publicKey)] },
      { clientId: 'symmetric', clientSecret: CLIENT_SECRET, idTokenAlg: 'HS256' },
      { clientId: 'without-mfa', clientSecret: CLIENT_SECRET, grantTypes: ['password', 'refresh_token'] },
      {
        clientId: 'without-recovery',
        clientSecret: CLIENT_SECRET,
        grantTypes: ['password', 'refresh_token', ...MFA.slice(0, 2)],
      },
      { clientId: 'without-password', clientSecret: CLIENT_SECRET, grantTypes: ['refresh_token', ...MFA] },
      { clientId: 'without-refresh', clientSecret: CLIENT_SECRET, grantTypes: ['password', ...MFA] },
    ],
  });
  const tenant = await emulator.listen();
  const app = await startApp({ issuer: tenant.url, trustsProxy: true });
  const distrustfulApp = await startApp({ issuer: tenant.url, trustsProxy: false });
  const redis = hasRedis
    ? await startRedis('--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory', '64mb')
    : undefined;
  return {
    emulator,
    app,
    distrustfulApp,
    clientAssertion: () =>
      new SignJWT({ jti: randomUUID() })
        .setProtectedHeader({ alg: 'ES256' })
        .setIssuer('asserting')
        .setSubject('asserting')
        .setAudience(tenant.url)
        .setExpirationTime('1m')
        .sign(privateKey),
    get healthy() {
      return {
        auth0: {
          issuer: tenant.url,
          clientId: 'stepgate-demo',
          clientSecret: CLIENT_SECRET,
          audience: 'https://bank.example/',
          scope: 'transfer:funds',
          allowInsecureIssuer: true,
        },
        secret: '7hK2vQx9Lm4RtZ8pWc1NbYf6JdGs3UeA0oXi5',
        user: { username: 'ada', password: 'correct-horse' },
        sends: true,
        ...(redis && { redisUrl: redis.url }),
        app: { url: 'https://bank.example', cookie: signedIn() },
        fetch: fetchThroughProxy(app.port),
      };
    },
    async [Symbol.asyncDispose]() {
      // Told kindly, a server that is about to write its log refuses to end.
      await Promise.all([tenant.close(), app.close(), distrustfulApp.close(), redis?.stop('SIGKILL')]);
    },
  };
}
