import type { User } from '../mfa/user.ts';

/** What the scopes allow to tell about a user (OpenID Connect Core 1.0, section 5.4). */
export function userClaims(user: User, scopes: readonly string[]): { readonly sub: string } {
  return {
    sub: user.sub,
    ...(scopes.includes('profile') && { name: user.username, nickname: user.username }),
    ...(scopes.includes('email') && { email: user.email, email_verified: user.emailVerified }),
  };
}
