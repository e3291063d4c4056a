import { alphanumeric, randomText, recoveryAlphabet } from '../lib/random.ts';
import { createTotpSecret } from '../lib/totp.ts';
import { recordEvent } from '../logs/record-event.ts';
import type { Factor } from '../settings/factor.ts';
import { type Authenticator, toAuthenticatorId } from '../state/authenticator.ts';
import { twinOf } from '../state/enrolled-factors.ts';
import { keep } from '../state/forget-user.ts';
import type { Tenant } from '../state/tenant.ts';
import { isEnrolled, type User } from '../state/user.ts';

/** What an enrolment is started with. */
export interface EnrollmentStart {
  readonly factor: Factor;
  /** Phone number or e-mail address, for the factors that have one. */
  readonly address?: string;
  /** The `mfa_token` or access token it is started with. */
  readonly startedWith: string;
}

/**
 * Adds the unconfirmed rows of an enrolment: push brings a one-time password along, SMS and voice come together where
 * both are switched on.
 * The row of the factor asked for comes first.
 */
export function startEnrollment(
  tenant: Tenant,
  user: User,
  start: EnrollmentStart,
): [Authenticator, ...Authenticator[]] {
  const device = randomText(tenant.randomBytes, 16, alphanumeric);
  const row = (factor: Factor, suffix = device): Authenticator => ({
    id: toAuthenticatorId(factor, suffix),
    factor,
    enrollment: device,
    isConfirmed: false,
    isImplicit: false,
    startedWith: start.startedWith,
    createdAt: tenant.clock.now(),
    ...(start.address !== undefined && { address: start.address }),
    ...(factor === 'otp' && { secret: createTotpSecret(tenant.randomBytes) }),
  });
  const rows: [Authenticator, ...Authenticator[]] = [row(start.factor)];
  if (start.factor === 'push') rows.push(row('otp', twinOf(device)));
  const { factors } = tenant.settings;
  if (start.factor === 'sms' && factors.includes('voice')) rows.push(row('voice'));
  if (start.factor === 'voice' && factors.includes('sms')) rows.push(row('sms'));
  user.authenticators.push(...rows);
  return rows;
}

/** Confirms every row of an enrolment, and with the first one the user's recovery code. */
export function confirmEnrollment(tenant: Tenant, user: User, enrollment: string): void {
  const first = user.authenticators.find((row) => row.enrollment === enrollment);
  if (first?.isConfirmed === false) {
    recordEvent(tenant, 'gd_enrollment_complete', { user, authenticator: first });
  }
  for (const authenticator of user.authenticators) {
    const isPart = authenticator.enrollment === enrollment || authenticator.factor === 'recovery-code';
    if (!isPart || authenticator.isConfirmed) continue;
    authenticator.isConfirmed = true;
    authenticator.enrolledAt = tenant.clock.now();
  }
}

/** Removes every row of an enrolment; the recovery code goes with the last factor. */
export function removeEnrollment(tenant: Tenant, user: User, enrollment: string): void {
  const isGone = ({ authenticator }: { authenticator: Authenticator }): boolean =>
    authenticator.enrollment === enrollment;
  const wasEnrolled = isEnrolled(user);
  const first = user.authenticators.find((row) => row.enrollment === enrollment);
  if (first?.isConfirmed === true) recordEvent(tenant, 'gd_unenroll', { user, authenticator: first });
  keep(user.authenticators, (authenticator) => authenticator.enrollment !== enrollment);
  if (wasEnrolled && !isEnrolled(user)) {
    keep(user.authenticators, ({ factor }) => factor !== 'recovery-code');
  }
  for (const [code, oobCode] of tenant.oobCodes) {
    if (isGone(oobCode)) tenant.oobCodes.delete(code);
  }
  keep(tenant.notifications, (push) => push.authenticator.enrollment !== enrollment);
  keep(tenant.waitingCodes, ({ authenticators }) => authenticators[0]?.enrollment !== enrollment);
}

/** The user's first recovery code, unless they have one or the tenant has recovery codes switched off. */
export function startRecoveryCode(tenant: Tenant, user: User): string | undefined {
  const hasOne = user.authenticators.some(({ factor }) => factor === 'recovery-code');
  if (hasOne || !tenant.settings.recoveryCodes) return undefined;
  const recoveryCode = createRecoveryCode(tenant);
  const device = randomText(tenant.randomBytes, 16, alphanumeric);
  user.authenticators.push({
    id: toAuthenticatorId('recovery-code', device),
    factor: 'recovery-code',
    enrollment: device,
    isConfirmed: false,
    isImplicit: false,
    recoveryCode,
    createdAt: tenant.clock.now(),
  });
  return recoveryCode;
}

/** A new recovery code: 24 characters. */
export function createRecoveryCode(tenant: Tenant): string {
  return randomText(tenant.randomBytes, 24, recoveryAlphabet);
}
