import type { EnrollableFactor, Factor } from '@stepgate/core';
import { failureOf } from '../remote/remote-error.ts';

/** A device as a sentence needs it. */
export interface NamedDevice {
  readonly id: string;
  readonly factor: Factor;
  readonly name?: string;
}

/** One of the user's authenticators, and what would happen if it was removed. */
export interface Device extends NamedDevice {
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

/** The user's authenticators, and what can be added. */
export interface DeviceList {
  readonly authenticators: readonly Device[];
  readonly addable: readonly EnrollableFactor[];
}

/** A factor to add, with the number or address that it needs. */
export interface AddedFactor {
  readonly factor: EnrollableFactor;
  readonly phoneNumber?: string;
  readonly email?: string;
}

/** The endpoints that manage authenticators. Rejections are `EndpointFailure`s, and those of `fetch`. */
export interface DevicesClient {
  list(): Promise<DeviceList>;
  /** Answers with all that is gone. */
  remove(id: string): Promise<readonly NamedDevice[]>;
  /** Starts the flow that adds it. */
  add(factor: AddedFactor): Promise<void>;
}

/** Binds the endpoints to a `basePath` and a `fetch`: one that steps up, or one that does not. */
export function createDevicesClient(basePath: string, fetch: typeof globalThis.fetch): DevicesClient {
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
    list: async () => (await call(url)) as DeviceList,
    async remove(id) {
      const answer = await call(`${url}/${encodeURIComponent(id)}`, { method: 'DELETE' });
      return (answer as { removed: readonly NamedDevice[] }).removed;
    },
    async add(factor) {
      await call(url, { method: 'POST', body: JSON.stringify(factor) });
    },
  };
}
