/** A kind of proof. `push` is Guardian; `otp` is a time-based code (RFC 6238) from an authenticator app. */
export type Factor = 'push' | 'otp' | 'sms' | 'voice' | 'email' | 'recovery-code';

/** The factors that a user can add through the MFA API; a recovery code comes with the first of them. */
export type EnrollableFactor = Exclude<Factor, 'recovery-code'>;

/** Every factor, strongest first: the order in which a UI offers them. */
export const FACTORS: readonly Factor[] = ['push', 'otp', 'sms', 'voice', 'email', 'recovery-code'];

/** Whether the value names a factor. */
export function isFactor(value: unknown): value is Factor {
  return FACTORS.includes(value as Factor);
}

/** Whether the value names a factor that can be added. */
export function isEnrollable(value: unknown): value is EnrollableFactor {
  return isFactor(value) && value !== 'recovery-code';
}

/** Whether a proof by this factor starts with a message to the user's device (and so has a cost and a limit). */
export function sendsMessage(factor: Factor): boolean {
  return factor !== 'otp' && factor !== 'recovery-code';
}

/** Whether adding this factor sends a message: a code to type, where push shows a QR code instead. */
export function sendsCode(factor: Factor): boolean {
  return sendsMessage(factor) && factor !== 'push';
}
