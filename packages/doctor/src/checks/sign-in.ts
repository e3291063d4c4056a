import { createAuth0SignIn, type SignInResult, type TokenSet } from '@stepgate/core';
import { type Finding, fail, ok, skipped } from '../finding.ts';
import type { DoctorAuth0, TestUser } from '../options.ts';
import { errorOf, inWords, type Outcome, observe, says, type Wire } from '../wire.ts';

/** How an ordinary login of the test user went, for no scope that demands MFA. */
export interface Login {
  readonly finding: Finding;
  /** `undefined` if there was none. */
  readonly tokens: TokenSet | undefined;
}

/** Signs the test user in as an app does at login, offline access included. */
export async function checkSignIn(
  auth0: DoctorAuth0,
  wire: Wire,
  user: TestUser | undefined,
): Promise<Login> {
  if (user === undefined) {
    const fix = 'name a test user, in DOCTOR_USERNAME and DOCTOR_PASSWORD or in the config file';
    return { finding: skipped('sign-in', 'there is no test user', fix), tokens: undefined };
  }
  const signIn = createAuth0SignIn({ ...auth0, scope: 'offline_access', fetch: wire.fetch });
  const outcome = await observe(wire, () => signIn.password(user));
  if (!outcome.isDone) return { finding: refused(outcome, auth0), tokens: undefined };
  const grant = auth0.realm === undefined ? 'password' : 'password-realm';
  if (outcome.value.status === 'mfa_required') {
    const seen = `the ${grant} grant works; the tenant demands MFA at every login`;
    return { finding: ok('sign-in', seen), tokens: undefined };
  }
  return { finding: ok('sign-in', `the ${grant} grant works`), tokens: outcome.value.tokens };
}

function refused(outcome: Outcome<SignInResult>, { realm, audience }: DoctorAuth0): Finding {
  const seen = inWords(outcome);
  const found = (fix: string): Finding => fail('sign-in', seen, fix);
  if (errorOf(outcome) === 'unauthorized_client') {
    return found(
      'switch Password on under Applications, the application, Advanced Settings, Grant Types, and save',
    );
  }
  if (says(outcome, /default connection/i)) {
    return found(
      "set auth0.realm to the database connection's name, or the tenant's Default Directory (Settings, General) to it",
    );
  }
  if (says(outcome, /service not found|audience/i)) {
    return found(
      `register the API ${audience ?? 'that is asked for'} (Applications, APIs), or set auth0.audience to its Identifier, to the letter`,
    );
  }
  if (!outcome.isDone && outcome.code === 'credentials_refused') {
    const where = realm === undefined ? 'the default directory' : `the connection ${realm}`;
    return found(
      `check the test user's name and password, and that ${where} is switched on for this application`,
    );
  }
  if (!outcome.isDone && outcome.code === 'too_many_attempts') {
    return found('unblock the test user, or wait: attack protection has blocked them');
  }
  return found("check the tenant's log (Monitoring, Logs) for this minute");
}
