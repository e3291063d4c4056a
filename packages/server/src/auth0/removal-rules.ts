import { type Authenticator, FACTOR_TRAITS, type Factor, isEnrollable } from '@stepgate/core';
import type { Removal } from '../provider/provider.ts';

/** Guardian includes a code generator, and one phone number serves both texts and calls. */
const TWINS: Readonly<Record<Factor, Factor | undefined>> = {
  push: 'otp',
  otp: 'push',
  sms: 'voice',
  voice: 'sms',
  email: undefined,
  'recovery-code': undefined,
  hosted: undefined,
};

/** What would be removed, by the rules of Auth0's MFA API, as far as its list shows it. */
export function removalOf(id: string, all: readonly Authenticator[]): Removal {
  const active = all.filter((one) => one.active);
  const own = active.find((one) => one.id === id);
  const goesAlong = own === undefined ? [] : twinsOf(own, active);
  const gone = new Set([id, ...goesAlong.map((one) => one.id)]);
  return {
    isPossible: own !== undefined && isEnrollable(own.factor),
    isLast: !active.some((one) => !gone.has(one.id) && FACTOR_TRAITS[one.factor].countsAsEnrolled),
    goesAlong,
  };
}

function twinsOf(own: Authenticator, active: readonly Authenticator[]): Removal['goesAlong'] {
  const candidates = active.filter((one) => one.factor === TWINS[own.factor]);
  const sameDevice = candidates.filter((one) => deviceOf(one) === deviceOf(own));
  if (sameDevice.length > 0) return sameDevice.map((one) => ({ ...brief(one), isCertain: true }));
  const isOnlyOne = active.filter((one) => one.factor === own.factor).length === 1;
  const isCertain = candidates.length === 1 && isOnlyOne;
  return candidates.map((one) => ({ ...brief(one), isCertain }));
}

const deviceOf = ({ id }: Authenticator): string => id.slice(id.indexOf('|') + 1);
const brief = ({ id, factor }: Authenticator): Pick<Authenticator, 'id' | 'factor'> => ({ id, factor });
