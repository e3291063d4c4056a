import type { Duration } from '@stepgate/server';
import { insist, isWebAddress, readPort, readPushCode, readWays } from './environment.ts';
import { STORE_PLACES } from './store.ts';

/** What a bank is told by its environment. */
export interface Settings {
  /** 0 takes a free one. */
  readonly port: number;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** How users confirm. The gate tries them in its own order: `ciba` first. */
  readonly ways: readonly ('ciba' | 'mfa-api' | 'redirect')[];
  /** By CIBA: the code on the phone is typed into the page, or shown on both. */
  readonly pushCode: 'typed' | 'compared';
  /** How old an approval of a transfer may be, as a policy takes it. */
  readonly maxAge: Duration;
  /** `eager` sees approvals sooner, and asks the tenant more often. */
  readonly pollSchedule: 'steady' | 'eager';
  /** How long after a message another may be sent to the same device, in milliseconds. */
  readonly resendAfterMs: number;
  /** Where approvals are kept, see `openStore`. */
  readonly store: string;
  /** The page of the emulator's phones, for customers who have no other. */
  readonly phoneUrl: string | undefined;
}

/** Reads the environment; what is wrong in it ends the program with a sentence. */
export function readSettings(env: NodeJS.ProcessEnv, defaults: { readonly port: number }): Settings {
  const {
    AUTH0_ISSUER = 'http://127.0.0.1:4400/',
    STEP_UP_MAX_AGE = '60',
    STEP_UP_POLL_SCHEDULE = 'steady',
    STEP_UP_RESEND_AFTER = '15',
    STORE = 'memory',
  } = env;
  const { AUTH0_CLIENT_ID = 'stepgate-demo', AUTH0_CLIENT_SECRET = 'stepgate-demo-secret' } = env;
  const { DEMO_PHONE_URL } = env;
  insist(
    'AUTH0_ISSUER',
    AUTH0_ISSUER,
    isWebAddress(AUTH0_ISSUER),
    "the tenant's address, like https://tenant.eu.auth0.com/",
  );
  insist('AUTH0_CLIENT_ID', AUTH0_CLIENT_ID, AUTH0_CLIENT_ID !== '', "the application's client id");
  insist(
    'STEP_UP_MAX_AGE',
    STEP_UP_MAX_AGE,
    /^\d+[smhd]?$/.test(STEP_UP_MAX_AGE),
    'a number of seconds, or a duration like 30s, 5m or 2h',
  );
  insist(
    'STEP_UP_POLL_SCHEDULE',
    STEP_UP_POLL_SCHEDULE,
    /^(steady|eager)$/.test(STEP_UP_POLL_SCHEDULE),
    'steady or eager',
  );
  insist(
    'STEP_UP_RESEND_AFTER',
    STEP_UP_RESEND_AFTER,
    /^[1-9]\d*$/.test(STEP_UP_RESEND_AFTER),
    'a number of seconds, at least 1',
  );
  insist('STORE', STORE, STORE_PLACES.pattern.test(STORE), STORE_PLACES.words);
  if (DEMO_PHONE_URL !== undefined) {
    insist(
      'DEMO_PHONE_URL',
      DEMO_PHONE_URL,
      isWebAddress(DEMO_PHONE_URL),
      "the address of the emulator's phone page",
    );
  }
  return {
    port: readPort(env, defaults.port),
    issuer: AUTH0_ISSUER,
    clientId: AUTH0_CLIENT_ID,
    clientSecret: AUTH0_CLIENT_SECRET,
    ways: readWays(env, { choices: ['ciba', 'mfa-api', 'redirect'], preset: ['ciba', 'mfa-api'] }),
    pushCode: readPushCode(env),
    // The gate checks it.
    maxAge: /^\d+$/.test(STEP_UP_MAX_AGE) ? Number(STEP_UP_MAX_AGE) : (STEP_UP_MAX_AGE as Duration),
    pollSchedule: STEP_UP_POLL_SCHEDULE === 'eager' ? 'eager' : 'steady',
    resendAfterMs: Number(STEP_UP_RESEND_AFTER) * 1_000,
    store: STORE,
    phoneUrl: DEMO_PHONE_URL,
  };
}
