import type { JWK } from 'jose';

/** An application registered with the tenant. Without secret and keys it is a public one. */
export interface ClientOptions {
  readonly clientId: string;
  /** Shown on the phone. Default: the client id. */
  readonly name?: string;
  readonly clientSecret?: string;
  /** Public keys for `private_key_jwt`. */
  readonly keys?: readonly JWK[];
  /** The grant types it may use. Default: all. */
  readonly grantTypes?: readonly string[];
  /** Where logins may go back to, each an exact URL. Default: anywhere on this machine. */
  readonly callbackUrls?: readonly string[];
  /** Where logouts may go to, each an exact URL. Default: anywhere on this machine. */
  readonly logoutUrls?: readonly string[];
  /** How its `id_token` is signed; `HS256` uses the secret. Default `RS256`. */
  readonly idTokenAlg?: 'RS256' | 'HS256';
}

/** The clients of an emulator that was given none: one for servers, one for browsers. */
export const defaultClients: readonly ClientOptions[] = [
  { clientId: 'stepgate-demo', name: 'Stepgate demo', clientSecret: 'stepgate-demo-secret' },
  { clientId: 'stepgate-demo-public', name: 'Stepgate demo' },
];

function isKeyList(keys: unknown): boolean {
  return Array.isArray(keys) && keys.every((key) => typeof key === 'object' && key !== null && 'kty' in key);
}

function isUrlList(urls: unknown): boolean {
  return Array.isArray(urls) && urls.every((url) => typeof url === 'string' && URL.canParse(url));
}

/** Clients by id; a `TypeError` names what is wrong. */
export function indexClients(clients: readonly ClientOptions[]): ReadonlyMap<string, ClientOptions> {
  for (const client of clients) {
    if (typeof client.clientId !== 'string' || client.clientId === '') {
      throw new TypeError('clients[].clientId is a string that is not empty');
    }
    if (client.keys !== undefined && !isKeyList(client.keys)) {
      throw new TypeError('clients[].keys is a list of public keys as JWK');
    }
    for (const name of ['callbackUrls', 'logoutUrls'] as const) {
      if (client[name] !== undefined && !isUrlList(client[name])) {
        throw new TypeError(`clients[].${name} is a list of URLs`);
      }
    }
    if (client.idTokenAlg === 'HS256' && client.clientSecret === undefined) {
      throw new TypeError('clients[].idTokenAlg can be HS256 only with a clientSecret');
    }
  }
  return new Map(clients.map((client) => [client.clientId, client]));
}
