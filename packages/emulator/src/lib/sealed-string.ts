import { base64url } from 'jose';
import { type RandomBytes, randomId } from './random.ts';

/**
 * A string that looks like Auth0's sealed `mfa_token` and `oob_code` (the Iron layout
 * `Fe26.2*…*salt*iv*data*expiry*salt*mac`). It holds nothing: what it stands for is kept in memory, so a
 * client can do no more with it than send it back.
 */
export function createSealedString(randomBytes: RandomBytes, expiresAt: number): string {
  const part = (bytes: number): string => randomId(randomBytes, bytes);
  return `Fe26.2**${part(32)}*${part(16)}*${part(96)}*${expiresAt}*${part(32)}*${part(32)}`;
}

/** The other look an `mfa_token` has in one of the vendor's pages: three base64url parts. */
export function createJwtLikeString(randomBytes: RandomBytes): string {
  const header = base64url.encode('{"alg":"dir","enc":"A256GCM"}');
  return `${header}.${randomId(randomBytes, 96)}.${randomId(randomBytes, 32)}`;
}
