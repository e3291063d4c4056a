import {
  type Effect,
  type EffectResult,
  isAddressed,
  isHosted,
  isTapped,
  type ReasonCode,
  sendsMessage,
} from '@stepgate/core';
import { digest } from '../lib/seal.ts';
import type { Owner } from '../request/handle-cookie.ts';
import type { LimitKeys, LimitName } from './limits.ts';

/** What an effect counts as. */
export function attemptsOf(effect: Effect): readonly LimitName[] {
  switch (effect.type) {
    case 'challenge':
      if (isPush(effect)) return ['unapprovedPushes', 'pushes', 'resends'];
      // Each sends the user away, and may be a request.
      if (isHosted(effect.params.factor)) return ['starts'];
      return sendsMessage(effect.params.factor) ? ['messages', 'resends'] : [];
    case 'enroll':
      return isAddressed(effect.params.factor) ? ['messages', 'resends'] : [];
    case 'verify':
      // What a return brings, nobody has typed.
      return isHosted(effect.params.factor) ? [] : ['codes'];
    case 'authenticate':
      return effect.params.method === 'password' ? ['passwords'] : [];
    default:
      return [];
  }
}

/** The keys that an effect counts under. */
export function limitKeysOf({ key, caller: { session, subject } }: Owner, effect?: Effect): LimitKeys {
  const keyOf = (device: string): string => digest(JSON.stringify([subject, device]));
  const device = effect && deviceOf(effect);
  return {
    flow: key,
    session,
    subject: digest(subject),
    ...(device !== undefined && { device: keyOf(device) }),
    ...(effect && isPush(effect) && phonesOf(effect, keyOf)),
  };
}

/** No authenticator has an empty id. */
const ANY_PHONE = '';
const LISTED_PHONES = ' ';

/** A push to any phone keeps its distance from those to each of them, and those from it. */
function phonesOf({ params }: Effect, keyOf: (device: string) => string): Partial<LimitKeys> {
  return 'isForAnyDevice' in params
    ? { device: keyOf(ANY_PHONE), apartFrom: keyOf(LISTED_PHONES) }
    : { among: keyOf(LISTED_PHONES), apartFrom: keyOf(ANY_PHONE) };
}

/** Who gets something from an effect: a device of the user's, or one being added. */
function deviceOf({ type, params }: Effect): string | undefined {
  if (type === 'challenge') return params.authenticatorId;
  return type === 'enroll' ? params.factor : undefined;
}

/** Failures that leave open what the provider did: it did not answer, or its answer is unknown. */
const INDEFINITE: readonly ReasonCode[] = ['provider_unavailable', 'provider_error', 'delivery_unknown'];

/** Whether a failure leaves open what the provider did. */
export function isIndefinite(code: ReasonCode): boolean {
  return INDEFINITE.includes(code);
}

/**
 * The attempts that an effect gives back. Only the provider's definite answer gives any back: an effect that was
 * aborted or not answered may have reached the phone, or been judged. A correct password or code gives its attempt
 * back; anything sent (`pushes`, `messages`) counts even when it was refused.
 */
export function givenBack(effect: Effect, { fact }: EffectResult): readonly LimitName[] {
  const attempts = attemptsOf(effect);
  if (fact.type !== 'effect.failed') {
    return attempts.filter((name) => name === 'codes' || name === 'passwords');
  }
  // The request was lost here, before it was sent.
  if (fact.code === 'input_lost') return attempts;
  if (isIndefinite(fact.code)) return [];
  return attempts.filter((name) => {
    if (name === 'codes') return fact.code !== 'code_refused';
    if (name === 'passwords') return fact.code !== 'credentials_refused';
    return name === 'unapprovedPushes' || name === 'resends';
  });
}

/** Whether the effect sends a push to an enrolled phone. */
export function isPush(effect: Effect): boolean {
  return effect.type === 'challenge' && isTapped(effect.params.factor);
}
