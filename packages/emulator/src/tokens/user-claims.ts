import type { User } from '../state/user.ts';

/** What the scopes allow to tell about a user (OpenID Connect Core 1.0, section 5.4). */
export function userClaims(user: User, scopes: readonly string[]): { readonly sub: string } {
  return {
    ...user.claims,
    sub: user.sub,
    ...(scopes.includes('profile') && {
      name: user.name,
      nickname: user.nickname,
      picture: user.picture,
      updated_at: new Date(user.updatedAt).toISOString(),
    }),
    ...(scopes.includes('email') && { email: user.email, email_verified: user.emailVerified }),
    ...(scopes.includes('phone') && user.phoneNumber !== undefined && { phone_number: user.phoneNumber }),
  };
}
