import { Secret, TOTP } from 'otpauth';
import type { RandomBytes } from './random.ts';

const periodMs = 30_000;

/** A new base32 secret of 160 bits. */
export function createTotpSecret(randomBytes: RandomBytes): string {
  return new Secret({ buffer: new Uint8Array(randomBytes(20)).buffer }).base32;
}

/** The `otpauth://` link that an authenticator app scans, its parameters in the order of recorded links. */
export function toTotpUri(secret: string, issuer: string, label: string): string {
  const query = new URLSearchParams({ secret, issuer, algorithm: 'SHA1', digits: '6', period: '30' });
  return `otpauth://totp/${encodeURIComponent(issuer)}:${encodeURIComponent(label)}?${query}`;
}

/** The code at a time, and when the next one takes its place, in epoch milliseconds (RFC 6238). */
export function totpAt(secret: string, now: number): { readonly code: string; readonly expiresAt: number } {
  const code = totp(secret).generate({ timestamp: now });
  return { code, expiresAt: (Math.floor(now / periodMs) + 1) * periodMs };
}

/** The time step a code belongs to: this one or the one before; none for a wrong code. */
export function matchTotpStep(secret: string, code: string, now: number): number | undefined {
  const delta = totp(secret).validate({ token: code, timestamp: now, window: 1 });
  return delta === 0 || delta === -1 ? Math.floor(now / periodMs) + delta : undefined;
}

function totp(secret: string): TOTP {
  return new TOTP({ secret: Secret.fromBase32(secret), algorithm: 'SHA1', digits: 6, period: 30 });
}

/** A text as base32, as secrets are written. */
export function toBase32(text: string): string {
  return new Secret({ buffer: new TextEncoder().encode(text).buffer }).base32;
}
