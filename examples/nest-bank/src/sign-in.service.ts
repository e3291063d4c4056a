import { randomUUID } from 'node:crypto';
import { createAuth0SignIn, isStepUpError } from '@stepgate/core';
import { decodeJwt } from 'jose';

/** The token of the {@link SignInService}. */
export const SIGN_IN = Symbol('sign-in');

/** A signed-in customer. */
export interface User {
  readonly sub: string;
  readonly username: string;
  readonly loginId: string;
}

/** Signs customers in at the tenant. */
export class SignInService {
  /** By login. A table, in a real app. */
  readonly refreshTokens = new Map<string, string>();
  readonly phoneUrl: string | undefined;
  readonly #signIn: ReturnType<typeof createAuth0SignIn>;

  constructor(client: Parameters<typeof createAuth0SignIn>[0], phoneUrl: string | undefined) {
    this.#signIn = createAuth0SignIn({ ...client, scope: 'offline_access' });
    this.phoneUrl = phoneUrl;
  }

  /** `undefined` for a wrong password. */
  async password(username: string, password: string): Promise<User | undefined> {
    const result = await this.#signIn.password({ username, password }).catch((error: unknown) => {
      // Anything else is a fault, and for the exception filter.
      if (isStepUpError(error, 'credentials_refused')) return undefined;
      throw error;
    });
    if (result?.status !== 'signed_in' || result.tokens.idToken === undefined) return undefined;
    const { idToken, refreshToken } = result.tokens;
    const user = { sub: decodeJwt(idToken).sub ?? '', username, loginId: randomUUID() };
    if (refreshToken !== undefined) this.refreshTokens.set(user.loginId, refreshToken);
    return user;
  }
}
