/** A kind of proof. */
export type Factor = 'push' | 'otp' | 'sms' | 'voice' | 'email' | 'recovery-code';

/** The wire's channel of an out-of-band factor. */
export type OobChannel = 'auth0' | 'sms' | 'voice' | 'email';

/** The wire's names in `mfa_requirements`. */
export type RequirementType = 'otp' | 'push-notification' | 'phone' | 'email' | 'recovery-code';

/** Every factor, in the order in which the server picks one when it may choose. */
export const factors: readonly Factor[] = ['push', 'otp', 'sms', 'voice', 'email', 'recovery-code'];

/** Every type of `mfa_requirements`. */
export const requirementTypes: readonly RequirementType[] = [
  'otp',
  'push-notification',
  'phone',
  'email',
  'recovery-code',
];

const channels = { push: 'auth0', sms: 'sms', voice: 'voice', email: 'email' } as const;

/** The channel of an out-of-band factor, none for the others. */
export function toChannel(factor: Factor): OobChannel | undefined {
  return factor === 'otp' || factor === 'recovery-code' ? undefined : channels[factor];
}

/** The factor behind a channel. */
export function fromChannel(channel: string): Factor | undefined {
  return factors.find((factor) => toChannel(factor) === channel);
}

/** How `mfa_requirements` calls a factor. */
export function toRequirementType(factor: Factor): RequirementType {
  if (factor === 'push') return 'push-notification';
  return factor === 'sms' || factor === 'voice' ? 'phone' : factor;
}
