import { base64url } from 'jose';

/** A source of random bytes; injected so that a run can be repeated. */
export type RandomBytes = (length: number) => Uint8Array;

/** The default source: the operating system's. */
export const systemRandomBytes: RandomBytes = (length) => crypto.getRandomValues(new Uint8Array(length));

/** `length` characters, each drawn from `alphabet` (at most 256 of them). */
export function randomText(randomBytes: RandomBytes, length: number, alphabet: string): string {
  return Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join('');
}

/** A random string for ids and secrets, `bytes` strong, in URL-safe base64. */
export function randomId(randomBytes: RandomBytes, bytes: number): string {
  return base64url.encode(randomBytes(bytes));
}

/** Letters and digits, as in Auth0's device ids. */
export const alphanumeric = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** Upper-case letters and digits, as in Auth0's recovery codes. */
export const recoveryAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
/** Digits, as in the codes of messages. */
export const digits = '0123456789';
