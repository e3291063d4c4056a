import type { TokenSet } from '@stepgate/core';
import { type Finding, fail, ok, skipped } from '../finding.ts';

/** Checks that a login that asks for a refresh token gets one. */
export function checkOfflineAccess(
  tokens: TokenSet | undefined,
  { usesRefreshTokens }: { readonly usesRefreshTokens: boolean },
): Finding {
  if (!usesRefreshTokens) {
    return skipped('offline-access', 'this app uses another first leg', 'leave usesRefreshTokens out');
  }
  if (tokens === undefined) {
    const fix = 'name a test user who can sign in without MFA';
    return skipped('offline-access', 'there is no login to check', fix);
  }
  if (tokens.refreshToken !== undefined) return ok('offline-access', 'a login brings a refresh token');
  return fail(
    'offline-access',
    'offline_access was requested, but no refresh token came',
    "switch Allow Offline Access on in the API's settings, and Refresh Token in the application's Grant Types",
  );
}
