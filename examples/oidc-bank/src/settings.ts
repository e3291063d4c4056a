import { insist, isWebAddress, readPort, readPushCode, readWays } from 'example-bank-ui';

/** What the bank is told by its environment. */
export interface Settings {
  /** 0 takes a free one. */
  readonly port: number;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** How users confirm. */
  readonly ways: readonly ('ciba' | 'redirect')[];
  /** By redirect: what shows a second factor in the provider's tokens. */
  readonly acr: readonly string[];
  /** By CIBA: whether the bank asks for the answer, or the provider tells of it, too. */
  readonly delivery: 'poll' | 'ping';
  /** The code on the phone is typed into the page, or shown on both. */
  readonly pushCode: 'typed' | 'compared';
}

/** Reads the environment; what is wrong in it ends the program with a sentence. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const { OIDC_ISSUER = '', OIDC_CLIENT_ID = '', OIDC_CLIENT_SECRET = '', OIDC_ACR = 'mfa' } = env;
  const { CIBA_DELIVERY = 'poll' } = env;
  insist('OIDC_ISSUER', OIDC_ISSUER, isWebAddress(OIDC_ISSUER), 'the address of an OpenID provider');
  insist('OIDC_CLIENT_ID', OIDC_CLIENT_ID, OIDC_CLIENT_ID !== '', "the application's client id");
  insist('OIDC_CLIENT_SECRET', OIDC_CLIENT_SECRET, OIDC_CLIENT_SECRET !== '', "the application's secret");
  insist(
    'OIDC_ACR',
    OIDC_ACR,
    /^\S+( \S+)*$/.test(OIDC_ACR),
    'one or more values of acr, with spaces between them',
  );
  insist('CIBA_DELIVERY', CIBA_DELIVERY, /^(poll|ping)$/.test(CIBA_DELIVERY), 'poll or ping');
  return {
    port: readPort(env, 3005),
    issuer: OIDC_ISSUER,
    clientId: OIDC_CLIENT_ID,
    clientSecret: OIDC_CLIENT_SECRET,
    ways: readWays(env, { choices: ['ciba', 'redirect'], preset: ['ciba'] }),
    acr: OIDC_ACR.split(' '),
    delivery: CIBA_DELIVERY === 'ping' ? 'ping' : 'poll',
    pushCode: readPushCode(env),
  };
}
