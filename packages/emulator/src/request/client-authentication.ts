import { createLocalJWKSet, decodeJwt, type JWTPayload, jwtVerify } from 'jose';
import { type ClientOptions, isPublicClient } from '../directory/client.ts';
import { sha256Hex } from '../lib/digest.ts';
import { EmulatorError } from '../lib/emulator-error.ts';
import type { Tenant } from '../state/tenant.ts';
import { type ApiRequest, optionalText, requiredText } from './api-request.ts';

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const maxAssertionSeconds = 300;

/**
 * The client behind a request: a public one by its id alone, the others by a secret in the body, HTTP Basic
 * (where `basic` allows it) or a signed assertion. 401 otherwise.
 */
export async function authenticateClient(
  request: ApiRequest,
  options: { readonly basic: boolean } = { basic: false },
): Promise<ClientOptions> {
  const { params } = request;
  const assertion = optionalText(params, 'client_assertion');
  if (assertion !== undefined) return authenticateByAssertion(request, assertion);

  const basic = options.basic ? basicCredentials(request.headers) : undefined;
  const client = findClient(request, basic?.id ?? requiredText(params, 'client_id'));
  if (isPublicClient(client)) return client;
  const secret = basic?.secret ?? optionalText(params, 'client_secret');
  if (client.clientSecret === undefined)
    throw clientRefused(request, 'This client authenticates with private_key_jwt');
  if (secret === undefined) throw clientRefused(request, 'Client authentication is missing');
  if (!isSameText(secret, client.clientSecret)) {
    throw clientRefused(request, 'Invalid client_id or client_secret');
  }
  return client;
}

/** Refuses a grant that is not enabled for the client: 403 `unauthorized_client`. */
export function assertGrantAllowed(client: ClientOptions, grantType: string): void {
  if (client.grantTypes === undefined || client.grantTypes.includes(grantType)) return;
  throw new EmulatorError(
    403,
    'unauthorized_client',
    `Grant type '${grantType}' not allowed for the client.`,
    { members: { error_uri: 'https://auth0.com/docs/clients/client-grant-types' } },
  );
}

async function authenticateByAssertion(request: ApiRequest, assertion: string): Promise<ClientOptions> {
  const { tenant, params } = request;
  if (optionalText(params, 'client_assertion_type') !== assertionType) {
    throw invalidClient(`client_assertion_type must be ${assertionType}`);
  }
  const clientId = optionalText(params, 'client_id') ?? assertedClientId(assertion);
  const client = findClient(request, clientId);
  if (client.keys === undefined) throw invalidClient('This client has no keys for private_key_jwt');
  acceptOnce(tenant, client, await verifyAssertion(tenant, client, assertion));
  return client;
}

/** RFC 7523: issued by and about the client, for the issuer with its trailing slash, short-lived. */
async function verifyAssertion(
  tenant: Tenant,
  client: ClientOptions,
  assertion: string,
): Promise<JWTPayload> {
  const keys = createLocalJWKSet({ keys: [...(client.keys ?? [])] });
  try {
    const { payload } = await jwtVerify(assertion, keys, {
      algorithms: ['RS256', 'RS384', 'PS256', 'ES256'],
      issuer: client.clientId,
      subject: client.clientId,
      audience: tenant.issuer(),
      currentDate: new Date(tenant.clock.now()),
      requiredClaims: ['exp', 'jti'],
    });
    return payload;
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unreadable';
    throw invalidClient(`Invalid client_assertion: ${reason}`);
  }
}

function acceptOnce(tenant: Tenant, client: ClientOptions, { exp, jti }: JWTPayload): void {
  const nowSeconds = tenant.clock.now() / 1000;
  const expiresAt = exp ?? 0;
  if (expiresAt - nowSeconds > maxAssertionSeconds) {
    throw invalidClient('Invalid client_assertion: it lives longer than 5 minutes');
  }
  for (const [key, forgetAt] of tenant.usedAssertions) {
    if (forgetAt <= nowSeconds) tenant.usedAssertions.delete(key);
  }
  const key = `${client.clientId} ${jti}`;
  if (tenant.usedAssertions.has(key))
    throw invalidClient('Invalid client_assertion: its jti was used before');
  tenant.usedAssertions.set(key, expiresAt);
}

function assertedClientId(assertion: string): string {
  try {
    return decodeJwt(assertion).sub ?? '';
  } catch {
    throw invalidClient('Invalid client_assertion: not a JWT');
  }
}

function basicCredentials(headers: Headers): { id: string; secret: string } | undefined {
  const encoded = /^basic +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const [id = '', ...secret] = textOf(encoded).split(':');
  try {
    return { id: decodeURIComponent(id), secret: decodeURIComponent(secret.join(':')) };
  } catch {
    throw invalidClient('The Basic credentials are not form-encoded');
  }
}

function textOf(base64: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)));
  } catch {
    throw invalidClient('The Basic credentials are not base64');
  }
}

function findClient(request: ApiRequest, clientId: string): ClientOptions {
  const client = request.tenant.clients.get(clientId);
  if (client === undefined) throw clientRefused(request, `Unknown client: ${clientId}`);
  return client;
}

function isSameText(left: string, right: string): boolean {
  // The time it takes to compare digests tells nothing about the texts.
  return sha256Hex(left) === sha256Hex(right);
}

/**
 * A client that is unknown or whose secret is wrong. Auth0 gives the same answer to both; the other dialect says what is
 * wrong. A client that tried HTTP Basic is told the scheme (RFC 6749, section 5.2).
 */
function clientRefused({ tenant, headers }: ApiRequest, description: string): EmulatorError {
  const isBasic = /^basic /i.test(headers.get('authorization') ?? '');
  const details = isBasic ? { headers: { 'www-authenticate': 'Basic realm="Authentication API"' } } : {};
  return tenant.settings.dialect.clientRefused === 'access_denied'
    ? new EmulatorError(401, 'access_denied', 'Unauthorized', details)
    : new EmulatorError(401, 'invalid_client', description, details);
}

function invalidClient(description: string): EmulatorError {
  return new EmulatorError(401, 'invalid_client', description);
}
