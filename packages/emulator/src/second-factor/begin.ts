import type { BrowserRequest } from '../browser/browser-request.ts';
import { redirect } from '../browser/return-to-client.ts';
import { EmulatorError } from '../lib/emulator-error.ts';
import { factsOf, recordEvent } from '../logs/record-event.ts';
import { openTransaction } from '../mfa-api/mfa-credential.ts';
import { allowedFactors } from '../mfa-api/mfa-required.ts';
import { sendChallenge } from '../mfa-api/start-factor.ts';
import { factors } from '../settings/factor.ts';
import type { Authenticator } from '../state/authenticator.ts';
import type { LoginMfa, OpenLogin } from '../state/login-state.ts';
import type { Tenant } from '../state/tenant.ts';
import type { Grant } from '../state/transaction.ts';
import { activeAuthenticators, type User } from '../state/user.ts';

/**
 * Goes to the pages for the second factor. The first fitting one is challenged at once, as tenants do; a user without any
 * enrols one there, or is denied.
 */
export function beginSecondFactor(
  { tenant }: BrowserRequest,
  { id, login }: { readonly id: string; readonly login: OpenLogin },
  grant: Grant,
): Response {
  const [first] = challengeable(tenant, grant.user);
  if (first === undefined && tenant.settings.noFactor === 'deny') {
    throw new EmulatorError(403, 'access_denied', 'no_second_factor');
  }
  recordEvent(tenant, 'mfar', factsOf(grant));
  const transaction = openTransaction(tenant, grant);
  const mfa: LoginMfa = {
    path: '/u/mfa',
    transaction,
    step: { name: first === undefined ? 'choose-enrollment' : 'choose' },
  };
  login.mfa = mfa;
  if (first !== undefined) challenge(tenant, mfa, first);
  return redirect(`${tenant.basePath}/u/mfa?state=${id}`);
}

/** Sends the challenge. If a limit is used up, the user can choose another factor. */
export function challenge(tenant: Tenant, mfa: LoginMfa, authenticator: Authenticator): void {
  const oobCode = sendChallenge(tenant, mfa.transaction, authenticator);
  mfa.step = { name: 'challenge', authenticator, oobCode };
}

/** What the user can be challenged with, in the order of the tenant's preference; the recovery code comes last. */
export function challengeable(tenant: Tenant, user: User): Authenticator[] {
  const allowed = allowedFactors(tenant, 'challenge');
  const rows = activeAuthenticators(user).filter(({ factor }) => allowed.includes(factor));
  if (rows.every(({ factor }) => factor === 'recovery-code')) return [];
  return rows.sort((left, right) => factors.indexOf(left.factor) - factors.indexOf(right.factor));
}
