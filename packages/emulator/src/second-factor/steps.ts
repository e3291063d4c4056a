import { isEmail, isPhoneNumber } from '../directory/user-options.ts';
import { EmulatorError, invalidRequest } from '../lib/emulator-error.ts';
import { confirmEnrollment, startRecoveryCode } from '../mfa/enrollment.ts';
import { openTransaction } from '../mfa-api/mfa-credential.ts';
import { allowedFactors } from '../mfa-api/mfa-required.ts';
import { startFactor } from '../mfa-api/start-factor.ts';
import { verifyBindingCode, verifyOtp, verifyRecoveryCode } from '../mfa-api/verification.ts';
import { optionalText, type Params, requiredText } from '../request/api-request.ts';
import { type Factor, toRequirementType } from '../settings/factor.ts';
import type { Authenticator } from '../state/authenticator.ts';
import type { LoginMfa, PassedFactor } from '../state/login-state.ts';
import type { OobCode } from '../state/oob-code.ts';
import type { Tenant } from '../state/tenant.ts';
import { isEnrolled } from '../state/user.ts';
import { challenge, challengeable } from './begin.ts';

/**
 * Checks whether the user has answered: approved a push, or scanned a code. A push that was denied or has expired is an
 * error, after which the user can choose another factor.
 */
export function look(tenant: Tenant, mfa: LoginMfa): PassedFactor | undefined {
  const { step } = mfa;
  if (step.name !== 'challenge' && step.name !== 'enroll') return undefined;
  const { oobCode, authenticator } = step;
  if (oobCode === undefined || oobCode.bindingCode !== undefined) return undefined;
  if (oobCode.answer === 'approved') return pass(tenant, mfa, authenticator, oobCode);
  const isLate = oobCode.expiresAt <= tenant.clock.now();
  if (oobCode.answer === 'pending' && !isLate) return undefined;
  mfa.step = { name: step.name === 'enroll' ? 'choose-enrollment' : 'choose' };
  throw new EmulatorError(
    403,
    'access_denied',
    isLate ? 'There was no answer in time.' : 'The request was denied on the phone.',
  );
}

/** Handles a form of the pages. The page shows its errors. */
export function act(tenant: Tenant, mfa: LoginMfa, params: Params): PassedFactor | undefined {
  const action = requiredText(params, 'action');
  switch (action) {
    case 'look':
      return look(tenant, mfa);
    case 'others':
      mfa.step = { name: isChallenged(mfa) ? 'choose' : 'choose-enrollment' };
      return undefined;
    case 'choose':
      choose(tenant, mfa, requiredText(params, 'authenticator'));
      return undefined;
    case 'enroll':
      startEnrollment(tenant, mfa, params);
      return undefined;
    case 'code':
      return enterCode(tenant, mfa, requiredText(params, 'code').replace(/[\s-]/g, ''));
    case 'kept':
      return acknowledge(tenant, mfa);
    default:
      throw invalidRequest(`There is no action ${action}`);
  }
}

function isChallenged({ transaction, step }: LoginMfa): boolean {
  return step.name === 'challenge' || (step.name === 'choose' && isEnrolled(transaction.grant.user));
}

function choose(tenant: Tenant, mfa: LoginMfa, id: string): void {
  const authenticator = challengeable(tenant, mfa.transaction.grant.user).find((row) => row.id === id);
  if (authenticator === undefined) throw invalidRequest('This factor is not there any more: choose another');
  challenge(tenant, mfa, authenticator);
}

/** Only for users without a factor. Users who have one must pass it, and enrol others elsewhere. */
function startEnrollment(tenant: Tenant, mfa: LoginMfa, params: Params): void {
  const factor = requiredText(params, 'factor') as Factor;
  const { user } = mfa.transaction.grant;
  const isAllowed = allowedFactors(tenant, 'enroll').includes(factor) && factor !== 'recovery-code';
  const isDone = isEnrolled(user) && mfa.isFurther !== true;
  if (!isAllowed || isDone) throw invalidRequest('This factor cannot be enrolled here');
  const started = startFactor(tenant, mfa.transaction, factor, addressOf(factor, params, user.email));
  mfa.step = { name: 'enroll', ...started };
  mfa.recoveryCode ??= startRecoveryCode(tenant, user);
}

function addressOf(factor: Factor, params: Params, fallback: string): string | undefined {
  if (factor === 'email') {
    const address = optionalText(params, 'address') ?? fallback;
    if (isEmail(address)) return address;
    throw invalidRequest('This is no e-mail address');
  }
  if (factor !== 'sms' && factor !== 'voice') return undefined;
  const number = (optionalText(params, 'address') ?? '').replace(/[\s()-]/g, '');
  if (isPhoneNumber(number)) return number;
  throw invalidRequest('The phone number is invalid. Begin with + and the code of the country.');
}

function enterCode(tenant: Tenant, mfa: LoginMfa, code: string): PassedFactor | undefined {
  const { step, transaction } = mfa;
  const { grant } = transaction;
  if (step.name !== 'challenge' && step.name !== 'enroll') throw invalidRequest('No code is waited for');
  const { authenticator, oobCode } = step;
  if (authenticator.factor === 'recovery-code') {
    const { next } = verifyRecoveryCode(tenant, grant, code.toUpperCase());
    mfa.recoveryCode = next;
  } else if (oobCode?.bindingCode !== undefined) {
    if (oobCode.expiresAt <= tenant.clock.now())
      throw invalidRequest('The code has expired: send another one');
    verifyBindingCode(tenant, grant, oobCode, code);
  } else {
    // A phone that gets no push still has the one-time password that came with it.
    const candidates = grant.user.authenticators.filter(
      (row) => row.factor === 'otp' && (row === authenticator || row.enrollment === authenticator.enrollment),
    );
    verifyOtp(tenant, grant, candidates, code);
  }
  return pass(tenant, mfa, authenticator, oobCode);
}

/** Another factor, a recovery code to be kept, or the end. */
function pass(
  tenant: Tenant,
  mfa: LoginMfa,
  authenticator: Authenticator,
  oobCode: OobCode | undefined,
): PassedFactor | undefined {
  const { transaction } = mfa;
  const { user } = transaction.grant;
  if (oobCode !== undefined) oobCode.isRedeemed = true;
  confirmEnrollment(tenant, user, authenticator.enrollment);
  transaction.isSpent = true;
  const passed = [...new Set([...transaction.passed, authenticator.id])];
  if (passed.length < tenant.settings.requiredFactors) {
    mfa.transaction = openTransaction(tenant, transaction.grant, { passed });
    mfa.step = { name: 'choose' };
    return undefined;
  }
  mfa.passed = { at: tenant.clock.now(), type: toRequirementType(authenticator.factor) };
  if (mfa.recoveryCode === undefined) return mfa.passed;
  mfa.step = { name: 'recovery-code', code: mfa.recoveryCode };
  return undefined;
}

function acknowledge(_tenant: Tenant, mfa: LoginMfa): PassedFactor | undefined {
  if (mfa.step.name !== 'recovery-code') throw invalidRequest('There is no code to keep');
  return mfa.passed;
}
