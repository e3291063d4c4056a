import type { JWK } from 'jose';
import * as v from 'valibot';
import { flag, listOf, listOfNames, listOfTexts, oneOf, optional, shape, text, url } from '../lib/shape.ts';

/** An application registered with the tenant. Without secret and keys it is a public one. */
export interface ClientOptions {
  /** Its id. */
  readonly clientId: string;
  /** Shown on the phone and on the login page. Default: the client id. */
  readonly name?: string | undefined;
  /** Its secret. Without secret and keys it is a public client. */
  readonly clientSecret?: string | undefined;
  /** Public keys for `private_key_jwt`, as JWK. */
  readonly keys?: readonly JWK[] | undefined;
  /** The grant types it may use. Default: all. */
  readonly grantTypes?: readonly string[] | undefined;
  /** Where logins may go back to, each an exact URL. Default: anywhere on this machine. */
  readonly callbackUrls?: readonly string[] | undefined;
  /** Where logouts may go to, each an exact URL. Default: anywhere on this machine. */
  readonly logoutUrls?: readonly string[] | undefined;
  /** Origins of pages that may have answers posted to them (`web_message`). Default: any on this machine. */
  readonly webOrigins?: readonly string[] | undefined;
  /** How its `id_token` is signed; `HS256` uses the secret. Default `RS256`. */
  readonly idTokenAlg?: 'RS256' | 'HS256' | undefined;
  /** Whether each exchange of a refresh token brings the next one, and uses up the old one. Default true. */
  readonly rotatesRefreshTokens?: boolean | undefined;
  /** How CIBA asks its users. Default `guardian-push` alone: a user without a push is refused. */
  readonly approvalChannels?: readonly ('guardian-push' | 'email')[] | undefined;
  /** Where CIBA pings it when a user has answered, in the dialect that has pings. */
  readonly notificationEndpoint?: string | undefined;
  /** The types of `authorization_details` it may ask for. Default: all that its API knows. */
  readonly authorizationDetailsTypes?: readonly string[] | undefined;
}

const publicKey = v.custom<JWK>(
  (value) => typeof value === 'object' && value !== null && 'kty' in value,
  'is a public key as JWK',
);

/** What a client looks like. */
export const clientShape = v.pipe(
  shape('ClientOptions', {
    clientId: text(),
    name: optional(text()),
    clientSecret: optional(text()),
    keys: optional(listOf(publicKey)),
    grantTypes: optional(listOfTexts),
    callbackUrls: optional(listOf(url)),
    logoutUrls: optional(listOf(url)),
    webOrigins: optional(listOf(url)),
    idTokenAlg: optional(oneOf(['RS256', 'HS256'])),
    rotatesRefreshTokens: optional(flag),
    approvalChannels: optional(
      v.pipe(listOfNames(['guardian-push', 'email']), v.minLength(1, 'is a list of at least one')),
    ),
    notificationEndpoint: optional(url),
    authorizationDetailsTypes: optional(listOfTexts),
  }),
  v.check(
    ({ idTokenAlg, clientSecret }) => idTokenAlg !== 'HS256' || clientSecret !== undefined,
    'needs a clientSecret, since its idTokenAlg is HS256',
  ),
) satisfies v.GenericSchema<unknown, ClientOptions>;

/** The clients of an emulator without the option: one for servers, one for browsers. */
export const defaultClients: readonly ClientOptions[] = [
  { clientId: 'stepgate-demo', name: 'Demo app with a server', clientSecret: 'stepgate-demo-secret' },
  { clientId: 'stepgate-demo-public', name: 'Demo app without a server' },
];

/** Whether a client has no credentials. */
export function isPublicClient({ clientSecret, keys }: ClientOptions): boolean {
  return clientSecret === undefined && keys === undefined;
}
