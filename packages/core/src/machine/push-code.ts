import type { RequestEvent } from './events.ts';
import type { Vault } from './vault.ts';

/** How often a push code may be typed wrong before its push is worth nothing. */
export const PUSH_CODE_TRIES = 3;

/** No vowels, so that no words come out, and nothing that looks like something else. */
const ALPHABET = 'BCDFGHJKMNPQRSTVWXZ23456789';
const LENGTH = 4;
/** Above, a byte would make some characters likelier than others. */
const FAIR_BELOW = 256 - (256 % ALPHABET.length);

/** Makes a push code: one of half a million. `randomBytes` must not be predictable. */
export function createPushCode(randomBytes: (size: number) => Uint8Array): string {
  let code = '';
  while (code.length < LENGTH) {
    for (const byte of randomBytes(LENGTH)) {
      if (byte < FAIR_BELOW && code.length < LENGTH) code += ALPHABET[byte % ALPHABET.length];
    }
  }
  return code;
}

/**
 * Prepares a request for the machine: a typed push code becomes whether it is right, since the code itself never enters
 * the machine. Other requests are returned unchanged.
 */
export function judgeCode(event: RequestEvent, typed: string | undefined, vault: Vault): RequestEvent {
  if (event.type !== 'code.submit' || vault.pushCode === undefined) return event;
  return { type: event.type, isPushCode: isSame(typed ?? '', vault.pushCode) };
}

/** Takes the same time wherever the two differ. */
function isSame(typed: string, code: string): boolean {
  const given = typed.toUpperCase();
  let difference = given.length ^ code.length;
  for (let index = 0; index < code.length; index += 1) {
    difference |= given.charCodeAt(index) ^ code.charCodeAt(index);
  }
  return difference === 0;
}
