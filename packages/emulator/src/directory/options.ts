import type { JWK } from 'jose';
import * as v from 'valibot';
import { listOf, optional, shape, text } from '../lib/shape.ts';
import { type SettingsPatch, settingsEntries } from '../settings/settings.ts';
import { type ApiOptions, apiShape } from './api.ts';
import { type ClientOptions, clientShape } from './client.ts';
import { type LogStreamOptions, logStreamShape } from './log-stream.ts';
import { type UserOptions, userShape } from './user-options.ts';

/** The configuration of a tenant: its users, clients, APIs and behaviour. All of it can be in a file. */
export interface TenantConfig extends SettingsPatch {
  /**
   * The issuer of tokens, with a slash at its end. Default: the address it listens on; before it listens,
   * `http://127.0.0.1:4400/`.
   */
  readonly issuer?: string | undefined;
  /** The identifiers of the APIs; the first one is the default. Short for `apis`. */
  readonly audience?: string | readonly string[] | undefined;
  /** The APIs; the first one is the default. Default: `https://bank.example/`. */
  readonly apis?: readonly ApiOptions[] | undefined;
  /** The audience whose tokens manage authenticators. Default `{issuer}mfa/`. */
  readonly mfaAudience?: string | undefined;
  /** Default: `stepgate-demo` with the secret `stepgate-demo-secret`, and the public `stepgate-demo-public`. */
  readonly clients?: readonly ClientOptions[] | undefined;
  /** Webhooks that the tenant's log events are sent to. Default: none. */
  readonly logStreams?: readonly LogStreamOptions[] | undefined;
  /** The users there are from the start and after a reset. Default: `ada` with the password `correct-horse`. */
  readonly users?: readonly UserOptions[] | undefined;
  /** The private RSA key that signs tokens, as JWK or as PEM (PKCS #8). Default: a new one in each run. */
  readonly signingKey?: JWK | string | undefined;
}

const origin = v.pipe(text(), v.check(isOrigin, 'is an origin such as https://tenant.test/'));

const signingKey = v.custom<JWK | string>(
  isSigningKey,
  'is a private RSA key, as JWK or as PEM (-----BEGIN PRIVATE KEY-----)',
);

/** What a tenant's configuration looks like. */
export const configShape = v.pipe(
  shape('TenantConfig', {
    issuer: optional(origin),
    audience: optional(
      v.union([text(), v.pipe(listOf(text()), v.minLength(1))], 'is a string, or a list of them'),
    ),
    apis: optional(v.pipe(listOf(apiShape), v.minLength(1, 'is a list of at least one'))),
    mfaAudience: optional(text()),
    clients: optional(listOf(clientShape)),
    users: optional(listOf(userShape)),
    logStreams: optional(listOf(logStreamShape)),
    signingKey: optional(signingKey),
    ...settingsEntries,
  }),
  v.check(
    ({ apis, audience }) => apis === undefined || audience === undefined,
    'has audience or apis, not both',
  ),
  v.forward(
    v.check(
      ({ clients = [] }) => areDifferent(clients.map(({ clientId }) => clientId)),
      'holds a clientId twice',
    ),
    ['clients'],
  ),
  v.forward(
    v.check(
      ({ users = [] }) => areDifferent(users.map(({ username }) => username)),
      'holds a username twice',
    ),
    ['users'],
  ),
  v.forward(
    v.check(({ logStreams = [] }) => areDifferent(logStreams.map(({ name }) => name)), 'holds a name twice'),
    ['logStreams'],
  ),
);

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  const isFine = url !== null && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '';
  return isFine && url.pathname === '/';
}

/** Errors inside the key show when it is read. */
function isSigningKey(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('-----BEGIN PRIVATE KEY-----');
  return typeof value === 'object' && value !== null && 'd' in value && 'n' in value;
}

function areDifferent(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}
