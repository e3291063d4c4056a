import type { EnrollableFactor, Factor } from '@stepgate/core';
import { failureOf } from '../remote/remote-error.ts';

/** What a sentence about an authenticator needs. */
export interface NamedAuthenticator {
  readonly id: string;
  readonly factor: Factor;
  readonly name?: string;
}

/** One of the user's authenticators, and what its removal would do. */
export interface ManagedAuthenticator extends NamedAuthenticator {
  readonly removal: {
    readonly isPossible: boolean;
    readonly isLast: boolean;
    readonly goesAlong: readonly {
      readonly id: string;
      readonly factor: Factor;
      readonly isCertain: boolean;
    }[];
  };
}

/** The user's authenticators, and the factors that can be added. */
export interface AuthenticatorList {
  readonly authenticators: readonly ManagedAuthenticator[];
  readonly addable: readonly EnrollableFactor[];
}

/** A factor to add, with the number or address that it needs. */
export interface AddedFactor {
  readonly factor: EnrollableFactor;
  readonly phoneNumber?: string;
  readonly email?: string;
}

/** The endpoints that manage authenticators. The calls reject with an `EndpointFailure`, or as `fetch` does. */
export interface AuthenticatorsClient {
  list(): Promise<AuthenticatorList>;
  /** Resolves with everything that was removed. */
  remove(id: string): Promise<readonly NamedAuthenticator[]>;
  /** Starts the flow that adds it. */
  add(factor: AddedFactor): Promise<void>;
}

/** Makes the calls under a `basePath` with a `fetch` that steps up, or with one that does not. */
export function createAuthenticatorsClient(
  basePath: string,
  fetch: typeof globalThis.fetch,
): AuthenticatorsClient {
  const url = `${basePath}/authenticators`;

  async function call(path: string, init: RequestInit = {}): Promise<unknown> {
    const headers = {
      accept: 'application/json',
      ...(init.body !== undefined && { 'content-type': 'application/json' }),
    };
    const response = await fetch(path, { ...init, headers });
    if (response.ok) return response.json();
    throw await failureOf(response);
  }

  return {
    list: async () => (await call(url)) as AuthenticatorList,
    async remove(id) {
      const answer = await call(`${url}/${encodeURIComponent(id)}`, { method: 'DELETE' });
      return (answer as { removed: readonly NamedAuthenticator[] }).removed;
    },
    async add(factor) {
      await call(url, { method: 'POST', body: JSON.stringify(factor) });
    },
  };
}
