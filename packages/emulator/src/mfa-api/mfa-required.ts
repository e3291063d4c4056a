import { EmulatorError } from '../lib/emulator-error.ts';
import { factsOf, recordEvent } from '../logs/record-event.ts';
import { type Factor, toRequirementType } from '../settings/factor.ts';
import type { Tenant } from '../state/tenant.ts';
import type { Grant } from '../state/transaction.ts';
import { activeAuthenticators, isEnrolled, type User } from '../state/user.ts';
import { openTransaction } from './mfa-credential.ts';

/** Whether tokens for this grant ask for MFA first. */
export function isMfaRequired(tenant: Tenant, { user, audience, scopes }: Grant): boolean {
  const { mfaPolicy, stepUpScopes } = tenant.settings;
  if (audience === tenant.mfaAudience()) return hasNonEmailFactor(user);
  if (mfaPolicy === 'scope') return scopes.some((scope) => stepUpScopes.includes(scope));
  return mfaPolicy === 'always';
}

/** `mfa_required`, with the `mfa_token` of a new transaction. */
export function mfaRequired(
  tenant: Tenant,
  grant: Grant,
  options: {
    readonly passed?: readonly string[];
    readonly recoveryCode?: string | undefined;
    readonly isRefresh?: boolean;
  } = {},
): EmulatorError {
  const { dialect } = tenant.settings;
  recordEvent(tenant, 'mfar', factsOf(grant));
  const hasToken = !(options.isRefresh && dialect.refreshMfaToken === 'absent');
  return new EmulatorError(dialect.mfaRequiredStatus, 'mfa_required', 'Multifactor authentication required', {
    members: {
      ...(hasToken && { mfa_token: openTransaction(tenant, grant, options).mfaToken }),
      ...requirements(tenant, grant.user, options.passed ?? []),
    },
  });
}

/** The factors a user may enrol or be challenged with. */
export function allowedFactors(tenant: Tenant, purpose: 'enroll' | 'challenge'): Factor[] {
  const types = tenant.settings.mfaRequirements?.[purpose];
  return tenant.settings.factors.filter(
    (factor) => types === undefined || types.includes(toRequirementType(factor)),
  );
}

function requirements(tenant: Tenant, user: User, passed: readonly string[]): Record<string, unknown> {
  const { mfaRequirements, dialect } = tenant.settings;
  const purpose = isEnrolled(user) ? 'challenge' : 'enroll';
  const required = mfaRequirements?.[purpose];
  if (required === undefined) return {};
  const types = required.filter(
    (type) => !passed.some((id) => toRequirementType(factorOf(user, id)) === type),
  );
  if (dialect.mfaRequirements === 'lists') {
    return { mfa_requirements: { [purpose]: types.map((type) => ({ type })) } };
  }
  const challengeTypes = new Set(
    types.map((type) => (type === 'otp' || type === 'recovery-code' ? type : 'oob')),
  );
  return { mfa_requirements: { challenge_types: [...challengeTypes] } };
}

function factorOf(user: User, authenticatorId: string): Factor {
  return user.authenticators.find(({ id }) => id === authenticatorId)?.factor ?? 'otp';
}

function hasNonEmailFactor(user: User): boolean {
  return activeAuthenticators(user).some(({ factor }) => factor !== 'email' && factor !== 'recovery-code');
}
