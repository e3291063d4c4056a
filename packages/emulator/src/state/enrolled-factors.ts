import type { EnrolledFactor } from '../directory/user-options.ts';
import { sha256Hex } from '../lib/digest.ts';
import { toBase32 } from '../lib/totp.ts';
import type { Factor } from '../settings/factor.ts';
import { type Authenticator, toAuthenticatorId } from './authenticator.ts';

/** The rows of an enrolled factor, confirmed. What was not given is made from the username, the same in every run. */
export function toAuthenticators(
  user: { readonly username: string; readonly email: string },
  enrolled: EnrolledFactor,
  {
    ordinal,
    factors,
    now,
  }: { readonly ordinal: number; readonly factors: readonly Factor[]; readonly now: number },
): Authenticator[] {
  const { factor, phone = user.username } = enrolled;
  const seed = sha256Hex(`${user.username} ${factor} ${ordinal}`);
  const device = enrolled.device ?? seed.slice(0, 16);
  const row = (of: Factor, suffix: string, members: Partial<Authenticator>): Authenticator => ({
    id: toAuthenticatorId(of, suffix),
    factor: of,
    enrollment: device,
    isConfirmed: true,
    isImplicit: false,
    createdAt: now,
    enrolledAt: now,
    ...members,
  });
  const secret = enrolled.secret ?? toBase32(seed.slice(16, 36));
  switch (factor) {
    case 'push':
      return [row('push', device, { phone }), row('otp', twinOf(device), { phone, secret })];
    case 'otp':
      return [row('otp', device, { phone, secret })];
    case 'email':
      return [row('email', device, { address: enrolled.email ?? user.email })];
    case 'recovery-code':
      return [
        row('recovery-code', device, { recoveryCode: enrolled.code ?? seed.slice(0, 24).toUpperCase() }),
      ];
    default: {
      const address = enrolled.phoneNumber ?? phoneNumberFrom(seed);
      const both = (['sms', 'voice'] as const).filter((each) => each === factor || factors.includes(each));
      return both.sort((left) => (left === factor ? -1 : 1)).map((each) => row(each, device, { address }));
    }
  }
}

/** What the id of a push's one-time password ends with. */
export function twinOf(device: string): string {
  return sha256Hex(device).slice(0, 16);
}

function phoneNumberFrom(seed: string): string {
  return `+1555${String(Number.parseInt(seed.slice(0, 8), 16))
    .padStart(7, '0')
    .slice(-7)}`;
}
