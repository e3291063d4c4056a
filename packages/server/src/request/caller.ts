import { recurringDigest } from '../lib/recurring-digest.ts';
import { identifyError } from './hook-error.ts';
import type { HostRequest } from './host-request.ts';

/** Who is signed in, according to the app's `identify`. */
export interface Identity {
  /** The `sub` claim: the user's id at the tenant (`auth0|…`), not the app's own id. */
  readonly subject: string;
  /**
   * Names this login of the user. Approvals end with it, so it must change at login and at logout: use a random value
   * kept in the session, or the `sid` claim.
   */
  readonly sessionId: string;
  /** The user's address, from a proxy that the app trusts. Only audit events use it. */
  readonly ip?: string | undefined;
}

/** How `identify` is called. */
export interface Asked {
  /**
   * The request has been open for a while, and the gate wants to know whether its login still lasts. Look it up where
   * logins are kept, not in what was loaded with the request.
   */
  readonly again: boolean;
}

/** What the app's hooks get: whose flow it is, and the request that drives it. */
export interface HookContext<Native = unknown> {
  /** The host's own request: Express's `req`, Koa's `ctx`. */
  readonly request: Native;
  readonly identity: Identity;
}

/** One login of a user, as records know it. */
export interface Login {
  readonly subject: string;
  /** The digest of tenant and application, subject and session. */
  readonly session: string;
  readonly ip?: string | undefined;
}

/** The signed-in user who sends a request. */
export interface Caller extends Login {
  readonly identity: Identity;
}

/**
 * The {@link Caller} with this identity. `namespace` names the tenant and the application (`namespaceOf`).
 *
 * @throws TypeError when `identify` gave something else.
 */
export function toCaller(identity: Identity, namespace: string): Caller {
  const { subject, sessionId, ip } = identity;
  if (typeof subject !== 'string' || subject === '' || typeof sessionId !== 'string' || sessionId === '') {
    throw new TypeError('identify: must give { subject, sessionId }, both non-empty strings, or undefined');
  }
  // As bytes, all halves of a pair are the same: two users would be one.
  if (!subject.isWellFormed() || !sessionId.isWellFormed()) {
    throw new TypeError(
      'identify: subject and sessionId must be Unicode text, without half a surrogate pair',
    );
  }
  if (ip !== undefined && typeof ip !== 'string') throw new TypeError('identify: ip must be a string');
  return {
    identity,
    subject,
    session: recurringDigest(`${namespace}${subject.length}:${subject}${sessionId}`),
    ip,
  };
}

/** Finds the caller of a request; `undefined` when nobody is signed in. */
export type CallerOf = (
  request: HostRequest,
  asked?: Asked,
) => Caller | undefined | Promise<Caller | undefined>;

/** The app's `identify`. */
export type Identify<Native = unknown> = (
  request: Native,
  asked: Asked,
) => Identity | undefined | PromiseLike<Identity | undefined>;

const FIRST: Asked = { again: false };

/**
 * Makes the {@link CallerOf} of a gate from the app's `identify`. It is synchronous when `identify` is: a promise
 * would cost a guarded request more than the rest of its path.
 */
export function createCallerOf(identify: Identify, namespace: string): CallerOf {
  const callerFrom = (identity: Identity | undefined): Caller | undefined =>
    identity === undefined || identity === null ? undefined : toCaller(identity, namespace);

  function identified(native: unknown, asked: Asked): ReturnType<Identify> {
    try {
      return identify(native, asked);
    } catch (error) {
      throw identifyError(error);
    }
  }

  return ({ native }, asked = FIRST) => {
    const identity = identified(native, asked);
    if (!isThenable(identity)) return callerFrom(identity);
    return Promise.resolve(identity).then(callerFrom, (error: unknown) => {
      throw identifyError(error);
    });
  };
}

/** Whether this is a promise, from any library. */
function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as Partial<PromiseLike<T>> | null | undefined)?.then === 'function';
}
