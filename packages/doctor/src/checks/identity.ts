import { parseIssuer, type TokenSet } from '@stepgate/core';
import { ID_TOKEN_ALGORITHMS, idTokenAlgorithm } from '@stepgate/server';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWK, jwtVerify } from 'jose';
import { type Finding, fail, ok, skipped } from '../finding.ts';
import type { DoctorAuth0 } from '../options.ts';
import { inWords, type Wire } from '../wire.ts';
import { getJson } from './discovery.ts';

const HOW_TO_HAVE_ONE = 'name a test user who can sign in without MFA, which gives an id_token';

/** Checks that an `id_token` of the tenant is signed with a published key of the tenant. */
export async function checkIdentity(
  auth0: DoctorAuth0,
  wire: Wire,
  { tokens, tenantTime }: { readonly tokens: TokenSet | undefined; readonly tenantTime: number },
): Promise<readonly Finding[]> {
  const idToken = tokens?.idToken;
  const algorithm = idToken && idTokenAlgorithm(idToken);
  const keys = await readKeys(auth0, wire);
  if (tokens === undefined || (idToken !== undefined && algorithm === undefined)) {
    const seen = tokens === undefined ? 'there is no id_token to check' : 'the id_token is not a JWT';
    return [skipped('id-token-algorithm', seen, HOW_TO_HAVE_ONE), keysByThemselves(keys)];
  }
  if (idToken === undefined) {
    const finding = fail(
      'id-token-algorithm',
      'tokens came without an id_token, although openid was requested',
      'make the application OIDC-conformant (Advanced Settings, OAuth), and let no Action remove openid',
    );
    return [finding, keysByThemselves(keys)];
  }
  if (algorithm === undefined || !ID_TOKEN_ALGORITHMS.includes(algorithm)) {
    const finding = fail(
      'id-token-algorithm',
      `signed with ${algorithm ?? 'something unreadable'}`,
      'set JsonWebToken Signature Algorithm to RS256 under Applications, the application, Advanced Settings, OAuth',
    );
    return [finding, keysByThemselves(keys)];
  }
  const finding = ok('id-token-algorithm', `signed with ${algorithm}`);
  if ('problem' in keys) return [finding, keys.problem];
  return [finding, await verified(auth0, idToken, keys.jwks, tenantTime)];
}

type Keys = { readonly jwks: JSONWebKeySet } | { readonly problem: Finding };

async function readKeys(auth0: DoctorAuth0, wire: Wire): Promise<Keys> {
  const url = new URL('.well-known/jwks.json', parseIssuer(auth0));
  const exchange = await getJson(wire, url, auth0);
  const jwks = exchange?.status === 200 ? keySetOf(exchange.body) : undefined;
  if (jwks === undefined) {
    const fix = `let this machine reach ${url.href}, and let nothing in between answer for it`;
    return { problem: fail('signing-keys', `${inWords({ exchange })} where the keys are published`, fix) };
  }
  if (jwks.keys.some(isForSigning)) return { jwks };
  return { problem: fail('signing-keys', 'no signing key is published', RENEW_KEYS) };
}

const RENEW_KEYS =
  "check the tenant's signing keys (Settings, Signing Keys), and anything that caches or answers jwks.json in between: the key in use must be among them";

function keySetOf(body: unknown): JSONWebKeySet | undefined {
  if (typeof body !== 'object' || body === null || !('keys' in body) || !Array.isArray(body.keys))
    return undefined;
  return body as JSONWebKeySet;
}

function isForSigning({ kty, use, alg }: JWK): boolean {
  return (
    ['RSA', 'EC'].includes(kty ?? '') &&
    use !== 'enc' &&
    (alg === undefined || ID_TOKEN_ALGORITHMS.includes(alg))
  );
}

function keysByThemselves(keys: Keys): Finding {
  if ('problem' in keys) return keys.problem;
  return skipped(
    'signing-keys',
    'keys are published, but there is no id_token to try them on',
    HOW_TO_HAVE_ONE,
  );
}

/** Uses the tenant's own time, because differing clocks are a separate finding. */
async function verified(
  auth0: DoctorAuth0,
  idToken: string,
  jwks: JSONWebKeySet,
  tenantTime: number,
): Promise<Finding> {
  try {
    await jwtVerify(idToken, createLocalJWKSet(jwks), {
      algorithms: [...ID_TOKEN_ALGORITHMS],
      issuer: parseIssuer(auth0),
      audience: auth0.clientId,
      currentDate: new Date(tenantTime),
      clockTolerance: 60,
    });
    return ok('signing-keys', 'a published key verifies the id_token');
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    return fail('signing-keys', `an id_token of today does not verify: ${error.code}`, RENEW_KEYS);
  }
}
