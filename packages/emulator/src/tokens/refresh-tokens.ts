import { EmulatorError } from '../emulator-error.ts';
import type { Grant } from '../mfa/transaction.ts';
import { type RandomBytes, randomId } from '../random.ts';

/** Refresh tokens that rotate: each is good for one exchange. */
export interface RefreshTokens {
  /** The first token of a new family. */
  issue(grant: Grant): string;
  /** What a token stands for. A used one ends its whole family: 403 `invalid_grant`. */
  read(token: string, clientId: string): Grant;
  /** Uses the token up and returns its successor. */
  rotate(token: string): string;
}

interface Entry {
  readonly grant: Grant;
  readonly family: { isRevoked: boolean };
  readonly expiresAt: number;
  isUsed: boolean;
}

/** Refresh tokens with rotation and reuse detection, as Auth0 keeps them. */
export function createRefreshTokens(
  randomBytes: RandomBytes,
  now: () => number,
  lifetimeMs: () => number,
): RefreshTokens {
  const entries = new Map<string, Entry>();

  function add(grant: Grant, family: Entry['family'], expiresAt: number): string {
    const token = `v1.${randomId(randomBytes, 32)}`;
    entries.set(token, { grant, family, expiresAt, isUsed: false });
    return token;
  }

  function find(token: string): Entry {
    const entry = entries.get(token);
    if (entry === undefined || entry.expiresAt <= now()) throw unknownToken();
    if (entry.isUsed) entry.family.isRevoked = true;
    if (entry.family.isRevoked) throw unknownToken();
    return entry;
  }

  return {
    issue: (grant) => add(grant, { isRevoked: false }, now() + lifetimeMs()),
    read(token, clientId) {
      const entry = entries.get(token);
      if (entry !== undefined && entry.grant.clientId !== clientId) throw unknownToken();
      return find(token).grant;
    },
    rotate(token) {
      const entry = find(token);
      entry.isUsed = true;
      return add(entry.grant, entry.family, entry.expiresAt);
    },
  };
}

function unknownToken(): EmulatorError {
  return new EmulatorError(403, 'invalid_grant', 'Unknown or invalid refresh token.');
}
