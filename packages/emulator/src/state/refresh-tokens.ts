import { setBounded } from '../lib/bounded.ts';
import { invalidGrant } from '../lib/emulator-error.ts';
import { type RandomBytes, randomId } from '../lib/random.ts';
import type { Grant } from './transaction.ts';

/** A refresh token as it is kept. */
export interface RefreshTokenEntry {
  readonly token: string;
  readonly grant: Grant;
  /** The name of the token that began its family. */
  readonly family: string;
  readonly expiresAt: number;
  readonly isUsed: boolean;
}

/** The refresh tokens of a tenant. Those that rotate are good for one exchange. */
export interface RefreshTokens {
  /** The first token of a new family. */
  issue(grant: Grant): string;
  /** What a token stands for. A used one ends its whole family: 403 `invalid_grant`. */
  read(token: string, clientId: string): Grant;
  /** Uses the token up and returns its successor. */
  rotate(token: string): string;
  /** Ends the family of a token; one of another client, or none at all, is left alone. */
  revoke(token: string, clientId: string): void;
  /** Ends the tokens of every grant that is like this. */
  revokeWhere(isGone: (grant: Grant) => boolean): void;
  /** What is still good, or shows a reuse. */
  entries(): RefreshTokenEntry[];
  /** Puts back a token that was kept elsewhere. */
  restore(entry: RefreshTokenEntry): void;
}

/** How many tokens are kept, used ones included: the oldest go first. */
const mostTokens = 50_000;

/** Refresh tokens with rotation and reuse detection, as Auth0 keeps them. */
export function createRefreshTokens(
  randomBytes: RandomBytes,
  now: () => number,
  lifetimeMs: () => number,
): RefreshTokens {
  const kept = new Map<string, RefreshTokenEntry & { isUsed: boolean }>();

  function add(grant: Grant, expiresAt: number, family?: string): string {
    const token = `v1.${randomId(randomBytes, 32)}`;
    const entry = { token, grant, family: family ?? token, expiresAt, isUsed: false };
    setBounded(kept, token, entry, mostTokens);
    return token;
  }

  function end(family: string): void {
    for (const entry of kept.values()) {
      if (entry.family === family) kept.delete(entry.token);
    }
  }

  function find(token: string, clientId?: string): RefreshTokenEntry & { isUsed: boolean } {
    const entry = kept.get(token);
    const isForeign = clientId !== undefined && entry?.grant.clientId !== clientId;
    if (entry === undefined || isForeign || entry.expiresAt <= now()) throw unknownToken();
    if (!entry.isUsed) return entry;
    end(entry.family);
    throw unknownToken();
  }

  return {
    issue: (grant) => add(grant, now() + lifetimeMs()),
    read: (token, clientId) => find(token, clientId).grant,
    rotate(token) {
      const entry = find(token);
      entry.isUsed = true;
      return add(entry.grant, entry.expiresAt, entry.family);
    },
    revoke(token, clientId) {
      const entry = kept.get(token);
      if (entry?.grant.clientId === clientId) end(entry.family);
    },
    revokeWhere(isGone) {
      for (const { token, grant } of kept.values()) {
        if (isGone(grant)) kept.delete(token);
      }
    },
    entries: () => [...kept.values()].filter(({ expiresAt }) => expiresAt > now()),
    restore: (entry) => void kept.set(entry.token, { ...entry }),
  };
}

function unknownToken(): Error {
  return invalidGrant('Unknown or invalid refresh token.');
}
