/** How an application identifies itself to a provider. */
export interface ClientOptions {
  readonly clientId: string;
  /** For applications that authenticate with a secret. */
  readonly clientSecret?: string;
  /**
   * For applications that authenticate with `private_key_jwt`: signs a fresh assertion for every request. `iss` and
   * `sub` are the client id, `aud` is the given audience, `jti` is unique, and the assertion expires within 5 minutes.
   */
  readonly clientAssertion?: (options: { readonly audience: string }) => Promise<string>;
  /** Where the secret goes: into the body (default), or into the `Authorization` header. */
  readonly clientAuthentication?: 'client_secret_post' | 'client_secret_basic';
}

/** What a request carries to authenticate the client. Secret. */
export interface ClientCredentials {
  readonly form: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** Creates the credentials for one request. `audience` is the issuer, as the provider calls it. */
export type ClientAuthentication = (audience: string) => Promise<ClientCredentials>;

/**
 * Reads the options that authenticate a client.
 *
 * @throws TypeError when an option is wrong, or when there are two kinds of credentials.
 */
export function createClientAuthentication(options: ClientOptions): ClientAuthentication {
  const { clientId, clientSecret, clientAssertion, clientAuthentication = 'client_secret_post' } = options;
  if (!isText(clientId)) throw new TypeError('clientId: must be a non-empty string');
  if (clientSecret !== undefined && !isText(clientSecret)) {
    throw new TypeError('clientSecret: must be a non-empty string; leave it out for a public client');
  }
  if (clientSecret !== undefined && clientAssertion !== undefined) {
    throw new TypeError('clientSecret and clientAssertion: set only one of them');
  }
  if (clientAuthentication !== 'client_secret_post' && clientAuthentication !== 'client_secret_basic') {
    throw new TypeError("clientAuthentication: must be 'client_secret_post' or 'client_secret_basic'");
  }
  return async (audience) => {
    if (clientAssertion !== undefined) {
      const form = {
        client_id: clientId,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await clientAssertion({ audience }),
      };
      return { form, headers: {} };
    }
    if (clientSecret === undefined) return { form: { client_id: clientId }, headers: {} };
    if (clientAuthentication === 'client_secret_post') {
      return { form: { client_id: clientId, client_secret: clientSecret }, headers: {} };
    }
    const pair = `${formEncoded(clientId)}:${formEncoded(clientSecret)}`;
    return { form: {}, headers: { authorization: `Basic ${btoa(pair)}` } };
  };
}

/** Both halves of Basic credentials are form-encoded first (RFC 6749, section 2.3.1). */
function formEncoded(value: string): string {
  return new URLSearchParams([['', value]]).toString().slice(1);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
