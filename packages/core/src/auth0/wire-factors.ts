import { FACTORS, type Factor, type HostedFactor, isHosted, type OwnCodeFactor } from '../terms/factor.ts';

/** What Auth0 calls a factor. */
interface WireFactor {
  /** The `authenticator_types` of `/mfa/associate`, and the `challenge_type` of `/mfa/challenge`. */
  readonly type: 'oob' | OwnCodeFactor;
  /** The `oob_channels` of `/mfa/associate`, and the `oob_channel` of a listed authenticator. */
  readonly channel?: string;
  /** Other names: in lists, in requirements and as the prefix of an id (contract, section 2). */
  readonly aliases: readonly string[];
}

/** A factor of the MFA API. */
export type WiredFactor = Exclude<Factor, HostedFactor>;

/** The factors of the MFA API. */
export const WIRED_FACTORS: readonly WiredFactor[] = FACTORS.filter((factor) => !isHosted(factor));

/** The factors as Auth0's MFA API names them. */
export const WIRE_FACTORS: Readonly<Record<WiredFactor, WireFactor>> = {
  push: { type: 'oob', channel: 'auth0', aliases: ['push-notification'] },
  otp: { type: 'otp', aliases: ['totp'] },
  sms: { type: 'oob', channel: 'sms', aliases: ['phone'] },
  voice: { type: 'oob', channel: 'voice', aliases: ['phone'] },
  email: { type: 'oob', channel: 'email', aliases: [] },
  'recovery-code': { type: 'recovery-code', aliases: [] },
};

/** The factors that have this name on the wire: several for `oob` and `phone`, none for a factor we do not support. */
export function factorsNamed(name: string): readonly Factor[] {
  return WIRED_FACTORS.filter((factor) => {
    const { type, channel, aliases } = WIRE_FACTORS[factor];
    return [factor, type, channel, ...aliases].includes(name);
  });
}

/** The factor that has this name on the wire, when there is exactly one. */
export function factorNamed(name: string): Factor | undefined {
  const [factor, ...others] = factorsNamed(name);
  return others.length === 0 ? factor : undefined;
}
