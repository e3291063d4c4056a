import type { JWK } from 'jose';
import * as v from 'valibot';
import { listOf, oneOf, optional, shape, text, wholeNumber } from '../lib/shape.ts';
import { type SettingsPatch, settingsEntries } from '../settings/settings.ts';
import { type ApiOptions, apiShape } from './api.ts';
import { type ClientOptions, clientShape } from './client.ts';
import { type UserOptions, userShape } from './user-options.ts';

/** A tenant to begin with: who and what there is, and how it behaves. All of it can stand in a file. */
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
  /** The users there are from the start and after a reset. Default: `ada` with the password `correct-horse`. */
  readonly users?: readonly UserOptions[] | undefined;
  /** The private RSA key that signs tokens, as JWK or as PEM (PKCS #8). Default: a new one in each run. */
  readonly signingKey?: JWK | string | undefined;
  /** Where log events are sent to. */
  readonly logStreams?: readonly LogStreamOptions[] | undefined;
}

/** A webhook that gets the tenant's log events. */
export interface LogStreamOptions {
  /** Where they are posted to. */
  readonly url: string;
  /** Sent as the header `Authorization`. */
  readonly authorization?: string | undefined;
  /** How the events of a batch are written: a JSON list, or one object a line. Default `json`. */
  readonly format?: 'json' | 'json-lines' | undefined;
  /** The most events of one request. Default 100. */
  readonly batchSize?: number | undefined;
  /** How long events wait for others, in milliseconds. Default 100. */
  readonly batchMs?: number | undefined;
  /** The types to send. Default: all. */
  readonly types?: readonly string[] | undefined;
}

const origin = v.pipe(text(), v.check(isOrigin, 'is an origin such as https://tenant.test/'));

const signingKey = v.custom<JWK | string>(
  isSigningKey,
  'is a private RSA key, as JWK or as PEM (-----BEGIN PRIVATE KEY-----)',
);

const logStreamShape = shape('LogStreamOptions', {
  url: v.pipe(
    text(),
    v.check((value) => /^https?:$/.test(URL.parse(value)?.protocol ?? ''), 'is a URL'),
  ),
  authorization: optional(text()),
  format: optional(oneOf(['json', 'json-lines'])),
  batchSize: optional(wholeNumber(1, 10_000)),
  batchMs: optional(wholeNumber(0, 60_000)),
  types: optional(listOf(text())),
}) satisfies v.GenericSchema<unknown, LogStreamOptions>;

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
    signingKey: optional(signingKey),
    logStreams: optional(listOf(logStreamShape)),
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
);

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  const isFine = url !== null && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '';
  return isFine && url.pathname === '/';
}

/** What is wrong inside of it shows when it is read. */
function isSigningKey(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('-----BEGIN PRIVATE KEY-----');
  return typeof value === 'object' && value !== null && 'd' in value && 'n' in value;
}

function areDifferent(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}
