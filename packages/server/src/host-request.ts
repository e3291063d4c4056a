import { parseIssuer } from '@stepgate/core';
import type { Auth0Settings } from './gate-options.ts';
import { digest } from './seal.ts';

/** Who is asking, as the app tells it. */
export interface Identity {
  /** The `sub` claim: the user's id at the tenant, `auth0|…`, and not the app's own. */
  readonly subject: string;
  /**
   * Names this login of the user. It must change at login and at logout, since approvals end with it: a random
   * value kept in the session, or the `sid` claim.
   */
  readonly sessionId: string;
  /** The user's address, by the app's own trust in its proxy, for audit events alone. */
  readonly ip?: string | undefined;
}

/** An {@link Identity} as records know it. */
export interface Asker {
  readonly subject: string;
  /** The digest of tenant and application, subject and session. */
  readonly session: string;
  readonly ip?: string | undefined;
}

/** Names the application of a tenant that a gate stands for: what its users own is nothing to another one's gate. */
export function realmOf(auth0: Auth0Settings): string {
  return digest(JSON.stringify([parseIssuer(auth0), auth0.clientId]));
}

/**
 * The {@link Asker} of an identity. `realm`: by `realmOf`.
 *
 * @throws TypeError when it is none.
 */
export function toAsker({ subject, sessionId, ip }: Identity, realm: string): Asker {
  if (typeof subject !== 'string' || subject === '' || typeof sessionId !== 'string' || sessionId === '') {
    throw new TypeError('identify: must give { subject, sessionId }, both non-empty strings, or undefined');
  }
  if (ip !== undefined && typeof ip !== 'string') throw new TypeError('identify: ip must be a string');
  return { subject, session: digest(`${realm}${subject.length}:${subject}${sessionId}`), ip };
}

/** Calls back when the client has gone, at once if it has. May call for an answer that has ended, too. */
export type WhenGone = (callback: () => void) => void;

/** A request as the guard needs it, cheap to make: adapters fill it from their host's own request. */
export interface HostRequest<Native> {
  readonly native: Native;
  readonly method: string;
  /** The path and query that the client asked for, before any router cut a prefix off. */
  readonly url: string;
  /** By the app's own trust in its proxy. */
  readonly protocol: string;
  /** Host and port, by the app's own trust in its proxy. */
  readonly host: string;
  header(name: string): string | undefined;
  /** The host's own request for a policy to read: its body throws while no parser has filled it. */
  forPolicy(): Native;
  /** {@link WhenGone}, where the host can tell it for less than the `signal` of a web-standard request costs. */
  whenGone?(callback: () => void): void;
}

/** An answer as the guard gives it. */
export interface HostResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The origin that the client sees. */
export function originOf({ protocol, host }: HostRequest<unknown>): string {
  return `${protocol}://${host}`;
}

/** The path without its query. */
export function pathOf({ url }: HostRequest<unknown>): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}
