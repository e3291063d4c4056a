import { digest } from '../lib/seal.ts';

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

/** Whose first leg it is, and in which request. */
export interface FirstLegContext<Native> {
  /** The host's own request: Express's `req`, Koa's `ctx`. */
  readonly request: Native;
  readonly identity: Identity;
}

/** Who is asking, in both shapes. */
export interface Known {
  readonly identity: Identity;
  readonly asker: Asker;
}
