import type { Sealer } from '../lib/seal.ts';

/** A challenge that a ping can be about. */
export interface PingedChallenge {
  /** The record's key. */
  readonly key: string;
  /** The claim of the effect that has sent the challenge. */
  readonly push: string;
}

const PURPOSE = 'ping';

/**
 * What a ping for a challenge must bear (CIBA Core 1.0, section 7.1): it finds the flow without an index, and is signed,
 * so that only the provider that was given it can show it. It is no use for anything but a ping for this challenge.
 */
export function notificationToken(sealer: Sealer, { key, push }: PingedChallenge): string {
  const named = `${key}.${push}`;
  return `${named}.${sealer.sign(named, PURPOSE)}`;
}

/** The challenge that a token names; `undefined` when it was not made here. Compares in constant time. */
export function readNotificationToken(sealer: Sealer, token: string): PingedChallenge | undefined {
  const [key, push, signature, ...more] = token.split('.');
  if (key === undefined || push === undefined || signature === undefined || more.length > 0) return undefined;
  return sealer.isSigned(`${key}.${push}`, signature, PURPOSE) ? { key, push } : undefined;
}
