import { createAuth0MfaApi, type Proof } from '@stepgate/core';
import { allBlocked, type Finding, fail, ok, skipped, warn } from '../finding.ts';
import type { DoctorAuth0 } from '../options.ts';
import { errorOf, inWords, type Outcome, observe, type Wire } from '../wire.ts';

/** Sends no real token or code. How the tenant refuses shows whether the client and the grant are accepted. */
const NOBODYS = 'stepgate-doctor';

const PROBES: readonly Proof[] = [
  { type: 'oob', oobCode: NOBODYS },
  { type: 'otp', code: '000000' },
  { type: 'recovery-code', code: NOBODYS },
];

/** Checks the client at the token endpoint: `client-authentication`, and `mfa-grants` for a gate that has the MFA API. */
export async function checkClient(
  auth0: DoctorAuth0,
  wire: Wire,
  { usesMfaApi }: { readonly usesMfaApi: boolean },
): Promise<readonly Finding[]> {
  const api = createAuth0MfaApi({ ...auth0, fetch: wire.fetch });
  const missing: Proof['type'][] = [];
  let seen = '';
  for (const proof of PROBES) {
    const outcome = await observe(wire, () => api.redeem({ mfaToken: NOBODYS, proof }));
    seen = inWords(outcome);
    if (isClientRefused(outcome)) {
      return [
        fail('client-authentication', seen, wrongClient(auth0)),
        ...allBlocked(['mfa-grants'], 'client-authentication'),
      ];
    }
    if (outcome.exchange === undefined || outcome.exchange.status >= 500) {
      const again = 'try again: the tenant did not answer as expected';
      return [
        fail('client-authentication', seen, again),
        ...allBlocked(['mfa-grants'], 'client-authentication'),
      ];
    }
    const isRefused = ['unauthorized_client', 'unsupported_grant_type'].includes(errorOf(outcome) ?? '');
    if (isRefused) missing.push(proof.type);
  }
  if (usesMfaApi) return [authenticated(auth0), grants(missing)];
  const fix = 'name mfa-api in STEP_UP_WAYS or in `ways`';
  return [authenticated(auth0), skipped('mfa-grants', 'this app does not use the MFA API', fix)];
}

/** Real tenants answer 401 `access_denied` to an unknown client or a wrong secret, instead of `invalid_client`. */
function isClientRefused(outcome: Outcome<unknown>): boolean {
  const error = errorOf(outcome);
  return error === 'invalid_client' || (error === 'access_denied' && outcome.exchange?.status === 401);
}

function wrongClient({ clientSecret, clientAssertion }: DoctorAuth0): string {
  if (clientAssertion !== undefined) {
    return 'register the public key at the application (Credentials, Private Key JWT). In the assertion, iss and sub are the client id, aud is the issuer with its slash, jti is new each time, and it lives at most 5 minutes';
  }
  if (clientSecret !== undefined) {
    return "copy client id and secret from the application's settings again, and set its authentication method to Client Secret (Post)";
  }
  return 'give auth0.clientSecret or auth0.clientAssertion, or check the client id: this application is not a public one';
}

function authenticated({ clientSecret, clientAssertion }: DoctorAuth0): Finding {
  if (clientAssertion !== undefined) return ok('client-authentication', 'private_key_jwt is accepted');
  if (clientSecret !== undefined) return ok('client-authentication', 'the client secret is accepted');
  return warn(
    'client-authentication',
    'a public client: no secret was given, and the tenant asks for none',
    "make it a Regular Web Application with a secret or a key: anyone who knows a public client's id can begin logins in its name, and the tenant ignores the user's address that it sends",
  );
}

function grants(missing: readonly Proof['type'][]): Finding {
  if (missing.length === 0) return ok('mfa-grants', 'mfa-oob, mfa-otp and mfa-recovery-code are allowed');
  const names = missing.map((type) => `mfa-${type}`).join(', ');
  const fix = 'switch MFA on under Applications, the application, Advanced Settings, Grant Types, and save';
  const verdict = missing.every((type) => type === 'recovery-code') ? warn : fail;
  return verdict('mfa-grants', `not allowed for this application: ${names}`, fix);
}
