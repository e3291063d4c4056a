/** The address of a provider, as an option. */
export interface IssuerOptions {
  /** The provider's address, for Auth0 that of the tenant or its custom domain: `https://tenant.eu.auth0.com/`. */
  readonly issuer: string;
  /** Accepts an `http:` issuer. For emulators on the same machine. */
  readonly allowInsecureIssuer?: boolean | undefined;
}

/**
 * The issuer's address with a slash at its end. It is a base for other addresses; what tokens call the issuer is in the
 * provider's discovery document.
 *
 * @throws TypeError when the text is not an issuer's address.
 */
export function parseIssuer({ issuer, allowInsecureIssuer }: IssuerOptions): string {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new TypeError('issuer: must be an absolute address, like https://tenant.eu.auth0.com/');
  }
  if (url.protocol === 'http:' && allowInsecureIssuer !== true) {
    throw new TypeError('issuer: must be https (allowInsecureIssuer: true accepts http, for an emulator)');
  }
  if (url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new TypeError('issuer: must have no user name, query or fragment');
  }
  return url.href.endsWith('/') ? url.href : `${url.href}/`;
}
