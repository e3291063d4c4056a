import { createAuth0SignIn, type EnrollingWay } from '@stepgate/core';
import { type ClientOptions, createEmulator, type Emulator, type Phone } from '@stepgate/emulator';
import {
  type Auth0Settings,
  auth0 as auth0Provider,
  type IdentityCheck,
  type MfaApiSettings,
  type Provider,
} from '@stepgate/server';
import { decodeJwt } from 'jose';
import { createManualClock, type ManualClock } from './manual-clock.ts';
import { signingKey } from './signing-key.ts';

/** An application of a tenant, and what it asks the tenant for. */
export type TenantClient = Omit<Auth0Settings, 'mfaApi'> & MfaApiSettings;

/** The application as a provider. */
export function providerOf(application: TenantClient): Provider {
  const { audience, scope, realm, mfaAudience, enrollWithCredentials, ...client } = application;
  const mfaApi = { audience, scope, realm, mfaAudience, enrollWithCredentials };
  const given = Object.entries(mfaApi).filter(([, value]) => value !== undefined);
  return auth0Provider({ ...client, mfaApi: Object.fromEntries(given) });
}

/** Parts of a provider that a test replaces. */
export interface ReplacedParts {
  readonly way?: EnrollingWay | undefined;
  readonly identityCheck?: IdentityCheck | undefined;
}

/** The provider with its way, or its check, replaced. */
export function withParts(provider: Provider, { way, identityCheck }: ReplacedParts): Provider {
  return {
    ...provider,
    connect(host) {
      const connected = provider.connect(host);
      const { management } = connected;
      return {
        ...connected,
        ...(identityCheck && { identityCheck }),
        ...(way && { ways: [way] }),
        ...(way && management && { management: { ...management, way } }),
      };
    },
  };
}

/** One request to the tenant and its answer, as text. */
export interface Exchange {
  readonly path: string;
  readonly sent: string;
  readonly status: number;
  readonly received: string;
}

/** A user of the tenant. */
export interface TestUser {
  readonly username: string;
  readonly password: string;
  readonly subject: string;
}

/** An emulated tenant on a manual clock, reached without a socket or by the `url` it listens on. */
export interface TestTenant {
  readonly clock: ManualClock;
  readonly emulator: Emulator;
  /** The application, as core's clients take it. */
  readonly auth0: TenantClient;
  /** The same as a gate takes it. */
  readonly provider: Provider;
  readonly ada: TestUser;
  readonly phone: Phone;
  /** Everything that was said so far. */
  readonly exchanges: readonly Exchange[];
  /** How many pushes the tenant was asked to send. */
  challenges(): number;
  /** A refresh token of the user's. */
  signIn(user?: TestUser): Promise<string>;
  /** An `mfa_token` that another request of this application has met. */
  mfaToken(user?: TestUser, clientId?: string): Promise<string>;
  /** Whose a refresh token is: their `sub`. It is used up. */
  ownerOf(refreshToken: string): Promise<string | undefined>;
  /** Gives the user a phone that takes pushes, as if it had been added before: the tenant is asked for nothing. */
  enrolPush(user?: TestUser): Promise<void>;
  reset(): void;
}

export const CLIENT_SECRET = 'stepgate-demo-secret';
export const PASSWORD = 'correct-horse';
/** The recovery code of users with a phone. */
export const RECOVERY_CODE = 'RECOVERYRECOVERYRECOVERY';
/** The longest that one poll comes after another: the interval and its jitter. */
export const POLL_MS = 6_000;

/** Where the tenant's pages send the users of a test's gate back to. */
export const CALLBACK = 'http://localhost/step-up/callback';

/** The usual application, and one whose tokens are signed with its secret. */
const CLIENTS: readonly ClientOptions[] = [
  { clientId: 'stepgate-demo', clientSecret: CLIENT_SECRET, callbackUrls: [CALLBACK] },
  { clientId: 'symmetric', clientSecret: CLIENT_SECRET, idTokenAlg: 'HS256' },
];
const AUDIENCE = 'https://bank.example/';

/** A tenant whose requests go straight to the emulator, on the address `https://tenant.test/`. */
export function createTestTenant(): TestTenant {
  const clock = createManualClock();
  const emulator = createEmulator({
    issuer: 'https://tenant.test/',
    clock,
    users: [],
    clients: CLIENTS,
    signingKey,
  });
  return tenantOf({ clock, emulator, fetch: (request) => emulator.handle(request), issuer: emulator.issuer });
}

/** A tenant on a loopback port. */
export async function listenTestTenant(): Promise<TestTenant & { close(): Promise<void> }> {
  const clock = createManualClock();
  const emulator = createEmulator({ clock, users: [], clients: CLIENTS, signingKey });
  const listening = await emulator.listen();
  const tenant = tenantOf({ clock, emulator, fetch, issuer: listening.url });
  return Object.assign(tenant, { close: () => listening.close() });
}

function tenantOf(options: {
  readonly clock: ManualClock;
  readonly emulator: Emulator;
  readonly fetch: (request: Request) => Promise<Response>;
  readonly issuer: string;
}): TestTenant {
  const { clock, emulator, issuer } = options;
  const exchanges: Exchange[] = [];
  const auth0: TenantClient = {
    issuer,
    clientId: 'stepgate-demo',
    clientSecret: CLIENT_SECRET,
    audience: AUDIENCE,
    scope: 'transfer:funds',
    allowInsecureIssuer: true,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const sent = await request.clone().text();
      const response = await options.fetch(request);
      const received = await response.clone().text();
      exchanges.push({ path: new URL(request.url).pathname, sent, status: response.status, received });
      return response;
    },
  };
  const ada = { username: 'ada', password: PASSWORD };
  const { sub } = emulator.addUser(ada);
  const user: TestUser = { ...ada, subject: sub };

  async function mfaToken({ username, password } = user, clientId = auth0.clientId): Promise<string> {
    const first = await createAuth0SignIn({ ...auth0, clientId }).password({ username, password });
    if (first.status !== 'mfa_required') throw new Error('the emulator did not ask for MFA');
    return first.mfaToken;
  }

  return {
    clock,
    emulator,
    auth0,
    provider: providerOf(auth0),
    ada: user,
    phone: emulator.phone('ada'),
    exchanges,
    challenges: () => emulator.requests.filter(({ path }) => path === '/mfa/challenge').length,
    async signIn({ username, password } = user) {
      const result = await createAuth0SignIn({ ...auth0, scope: 'offline_access' }).password({
        username,
        password,
      });
      const refreshToken = result.status === 'signed_in' ? result.tokens.refreshToken : undefined;
      if (refreshToken === undefined) throw new Error('the emulator gave no refresh token');
      return refreshToken;
    },
    mfaToken,
    async ownerOf(refreshToken) {
      const result = await createAuth0SignIn({ ...auth0, scope: 'offline_access' }).refreshToken({
        refreshToken,
      });
      const idToken = result.status === 'signed_in' ? result.tokens.idToken : undefined;
      return idToken === undefined ? undefined : decodeJwt(idToken).sub;
    },
    async enrolPush({ username } = user) {
      const { authenticators } = emulator.phone(username).view();
      const isFirst = authenticators.every(({ authenticator_type: type }) => type !== 'recovery-code');
      emulator.enroll(username, { factor: 'push' });
      if (isFirst) emulator.enroll(username, { factor: 'recovery-code', code: RECOVERY_CODE });
    },
    reset() {
      emulator.reset();
      emulator.addUser(ada);
      exchanges.length = 0;
    },
  };
}
