import { dropUndefined } from '../lib/drop-undefined.ts';
import { numberMember, stringMember } from '../lib/json.ts';
import type { TokenSet } from '../provider/way.ts';
import { unreadable } from './refusal.ts';

/** Reads a token response (RFC 6749, section 5.1). Some providers leave `token_type` out. */
export function parseTokens(body: unknown): TokenSet {
  const accessToken = stringMember(body, 'access_token');
  if (accessToken === undefined) throw unreadable('oauth/token');
  return dropUndefined({
    accessToken,
    tokenType: stringMember(body, 'token_type') ?? 'Bearer',
    expiresIn: numberMember(body, 'expires_in'),
    scope: stringMember(body, 'scope'),
    idToken: stringMember(body, 'id_token'),
    refreshToken: stringMember(body, 'refresh_token'),
  });
}
