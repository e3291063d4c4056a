import { randomUUID } from 'node:crypto';
import { digest } from '../lib/seal.ts';
import type { Asked, Identity } from './caller.ts';
import { HookError } from './hook-error.ts';
import { readAgain } from './stored-session.ts';

/** Options of {@link identifyBySession}. */
export interface SessionIdentifyOptions<Session> {
  /** Reads who is signed in from the app's session; `undefined` for nobody. */
  readonly subject: (session: Session) => string | undefined;
}

/** What every host's request has. Where its types lack a `session`, this lets TypeScript accept one. */
interface NativeRequest {
  readonly headers?: object | undefined;
}

/** A request with a session: of express-session, koa-session, or anything else that keeps one in `session`. */
export interface SessionRequest<Session> extends NativeRequest {
  readonly session?: Session | null | undefined;
  /** The session's random id, where express-session keeps it. */
  readonly sessionID?: string | undefined;
}

/** What the session keeps: a name for one login, and its user. Without a user, the next login takes the name. */
interface Login {
  readonly subject?: string;
  readonly id: string;
}

const LOGIN = 'stepgate';
/** Tells a login from all others by the session's id. Concurrent requests all see the same value. */
const FIRST_LOGIN = 'first';

/** {@link identifyBySession}'s result. It is a promise only when it reads a session again. */
export interface IdentifyBySession<Session> {
  (request: SessionRequest<Session>): Identity | undefined;
  (request: SessionRequest<Session>, asked: Asked): Identity | undefined | Promise<Identity | undefined>;
}

/**
 * `identify` for apps that keep the signed-in user in `req.session` or `ctx.session` (express-session, koa-session
 * and the like).
 *
 * Approvals are bound to a random value, made of the session's id (if express-session has one) and a value that is
 * kept in the session. It changes when the session is regenerated, when another user signs in, and when the gate has
 * seen the session without a user. So regenerate the session at login and logout, as you do against session fixation,
 * or call `gate.revoke` at logout.
 *
 * While an event stream is open, the session is read from its store every few seconds, if it has one, so the stream
 * ends with the login.
 *
 * Throws, which answers 500, when the session middleware is missing or comes after the gate.
 *
 * @example
 * identify: identifyBySession({ subject: (session) => session.user?.sub })
 *
 * @example
 * // In Koa, whose types know no session:
 * identify: identifyBySession({ subject: (session: AppSession) => session.user?.sub })
 */
export function identifyBySession<Session extends object>({
  subject: subjectOf,
}: SessionIdentifyOptions<Session>): IdentifyBySession<Session> {
  if (typeof subjectOf !== 'function') throw new TypeError('subject: must be a function of the session');

  /** Writes the login's name into the session, if it is missing. */
  function identityIn(session: object, sessionID: string | undefined): Identity | undefined {
    const kept = session as { [LOGIN]?: Login };
    const subject = subjectOf(session as Session);
    if (subject === undefined || subject === null) {
      if (kept[LOGIN]?.subject !== undefined) kept[LOGIN] = { id: randomUUID() };
      return undefined;
    }
    let login = kept[LOGIN];
    if (login?.subject !== subject) {
      login = { subject, id: nextLogin(login, sessionID) };
      kept[LOGIN] = login;
    }
    const sessionId = sessionID === undefined ? login.id : digest(JSON.stringify([sessionID, login.id]));
    return { subject, sessionId };
  }

  function identify(request: SessionRequest<Session>): Identity | undefined;
  function identify(
    request: SessionRequest<Session>,
    asked: Asked,
  ): Identity | undefined | Promise<Identity | undefined>;
  function identify(
    request: SessionRequest<Session>,
    asked?: Asked,
  ): Identity | undefined | Promise<Identity | undefined> {
    const { sessionID } = request;
    const session = sessionOf(request);
    if (session === undefined) {
      throw new HookError(
        'identifyBySession: the request has no session. Mount the session middleware before the gate.',
      );
    }
    // koa-session's way to say that the session is destroyed.
    if (session === null) return undefined;
    const reading = asked?.again === true ? readAgain(request) : undefined;
    if (reading === undefined) return identityIn(session, sessionID);
    return reading.then((found) => found && identityIn(found, sessionID));
  }

  return identify;
}

/** The session, if its middleware has run. */
function sessionOf<Session>(request: SessionRequest<Session>): Session | null | undefined {
  return isAheadOfKoaSession(request) ? undefined : request.session;
}

/**
 * koa-session gives every request a session, made at the first access. After its middleware, that is the user's.
 * Before it, this access creates one that is never saved.
 */
function isAheadOfKoaSession(request: object): boolean {
  if (Object.hasOwn(request, 'session') || !('sessionOptions' in request)) return false;
  const before = Object.getOwnPropertySymbols(request).length;
  void request.sessionOptions;
  return Object.getOwnPropertySymbols(request).length > before;
}

function nextLogin(before: Login | undefined, sessionID: string | undefined): string {
  if (before !== undefined && before.subject === undefined) return before.id;
  return before === undefined && sessionID !== undefined ? FIRST_LOGIN : randomUUID();
}

/** What express-openid-connect puts on a request. */
export interface OidcRequest extends NativeRequest {
  readonly oidc?:
    | {
        isAuthenticated(): boolean;
        readonly idTokenClaims?: { readonly sub?: unknown; readonly sid?: unknown } | null | undefined;
      }
    | undefined;
}

/** Options of {@link identifyByOidc}, {@link identifyByBearer} and {@link identifyByClaims}. */
export interface ClaimIdentifyOptions {
  /**
   * Accepts tokens that name no login (`sid`; for bearer tokens also `jti`). Approvals then outlive a logout, and
   * only their age ends them.
   */
  readonly unboundSession?: boolean;
}

/**
 * `identify` for apps with express-openid-connect: the `sub` and `sid` claims of its verified `id_token`.
 *
 * Throws, which answers 500, when `auth()` does not come before the gate, or the provider gives no `sid`.
 *
 * @example
 * app.use(auth(config));
 * const gate = createGate({ identify: identifyByOidc(), ... });
 */
export function identifyByOidc(
  options: ClaimIdentifyOptions = {},
): (request: OidcRequest) => Identity | undefined {
  return function identify({ oidc }) {
    if (oidc === undefined) {
      throw new HookError('identifyByOidc: the request has no oidc member. Mount auth() before the gate.');
    }
    if (!oidc.isAuthenticated()) return undefined;
    return identityOf(oidc.idTokenClaims ?? {}, ['sid'], options);
  };
}

/** What express-oauth2-jwt-bearer (`auth.payload`) and koa-jwt (`state.user`) put on a request. */
export interface BearerRequest extends NativeRequest {
  readonly auth?: { readonly payload?: object | undefined } | undefined;
  readonly state?: object | undefined;
}

/**
 * `identify` for APIs whose callers have validated bearer tokens: `req.auth.payload` of express-oauth2-jwt-bearer, or
 * koa-jwt's `ctx.state.user`. Approvals are bound to the token's `sid`, or else to its `jti`: to that one token.
 *
 * A request without a token has no user. The validating middleware decides whether to let it pass.
 *
 * Throws, which answers 500, when a token has neither `sid` nor `jti`.
 */
export function identifyByBearer(
  options: ClaimIdentifyOptions = {},
): (request: BearerRequest) => Identity | undefined {
  return function identify({ auth, state }) {
    const { user } = (state ?? {}) as { readonly user?: unknown };
    const claims = auth?.payload ?? user;
    return claims ? identityOf(claims, ['sid', 'jti'], options) : undefined;
  };
}

/**
 * `identify` for anything else with the claims of a verified token: Fastify's `request.user`, Hono's
 * `c.get('jwtPayload')`, Nest's `req.user`. Approvals are bound to the token's `sid`, or else to its `jti`.
 *
 * `claimsOf` returns the claims, or `undefined` for nobody. Never return claims that were only decoded.
 *
 * Throws, which answers 500, when the claims have no `sub`, or neither `sid` nor `jti`.
 *
 * @example
 * identify: identifyByClaims((request: FastifyRequest) => request.user)
 */
export function identifyByClaims<Native>(
  claimsOf: (request: Native, asked: Asked) => Claims | Promise<Claims>,
  options: ClaimIdentifyOptions = {},
): (request: Native, asked: Asked) => Identity | undefined | Promise<Identity | undefined> {
  if (typeof claimsOf !== 'function') throw new TypeError('claimsOf: must be a function of the request');
  const identityIn = (claims: Claims): Identity | undefined =>
    claims ? identityOf(claims, ['sid', 'jti'], options) : undefined;
  return function identify(request, asked) {
    const claims = claimsOf(request, asked);
    return claims instanceof Promise ? claims.then(identityIn) : identityIn(claims);
  };
}

type Claims = object | undefined | null;

const UNBOUND = 'unbound';

function identityOf(
  claims: unknown,
  names: readonly ('sid' | 'jti')[],
  { unboundSession = false }: ClaimIdentifyOptions,
): Identity {
  const { sub, ...others } = (typeof claims === 'object' ? claims : {}) as Readonly<Record<string, unknown>>;
  if (typeof sub !== 'string' || sub === '')
    throw new HookError('identify: the token has no sub claim. Use tokens that are issued to users.');
  const name = names.find((one) => typeof others[one] === 'string' && others[one] !== '');
  if (name !== undefined) return { subject: sub, sessionId: `${name}:${String(others[name])}` };
  if (unboundSession) return { subject: sub, sessionId: UNBOUND };
  throw new HookError(
    `identify: the token has no ${names.join(' or ')} claim, which changes with the login. Have the provider add one, or set unboundSession: true. Approvals then outlive a logout.`,
  );
}
