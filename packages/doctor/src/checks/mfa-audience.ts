import { createAuth0SignIn, parseIssuer } from '@stepgate/core';
import { type Finding, fail, ok, skipped } from '../finding.ts';
import type { DoctorAuth0, TestUser } from '../options.ts';
import { inWords, observe, type Wire } from '../wire.ts';

const SCOPES = ['enroll', 'read:authenticators', 'remove:authenticators'];

/** Asks for a token for the MFA API, as managing authenticators does. */
export async function checkMfaAudience(
  auth0: DoctorAuth0,
  wire: Wire,
  {
    user,
    managesAuthenticators,
  }: { readonly user: TestUser | undefined; readonly managesAuthenticators: boolean },
): Promise<Finding> {
  if (!managesAuthenticators) {
    return skipped(
      'mfa-audience',
      'this gate does not manage authenticators',
      'leave managesAuthenticators out',
    );
  }
  if (user === undefined) {
    const fix = 'name a test user, in DOCTOR_USERNAME and DOCTOR_PASSWORD or in the config file';
    return skipped('mfa-audience', 'there is no test user', fix);
  }
  const audience = auth0.mfaAudience ?? new URL('mfa/', parseIssuer(auth0)).href;
  const signIn = createAuth0SignIn({ ...auth0, audience, scope: SCOPES.join(' '), fetch: wire.fetch });
  const outcome = await observe(wire, () => signIn.password(user));
  const fix =
    "set auth0.mfaAudience to `https://<host>/mfa/` with its slash; with a custom domain, to that of the tenant's own host";
  if (!outcome.isDone) return fail('mfa-audience', `${inWords(outcome)} for ${audience}`, fix);
  if (outcome.value.status === 'mfa_required')
    return ok('mfa-audience', `${audience}, once the user has passed MFA`);
  const granted = outcome.value.tokens.scope?.split(' ') ?? [];
  if (SCOPES.every((scope) => granted.includes(scope))) return ok('mfa-audience', audience);
  return fail('mfa-audience', `tokens that do not open ${audience}`, fix);
}
