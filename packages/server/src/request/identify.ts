import { randomUUID } from 'node:crypto';
import { digest } from '../lib/seal.ts';
import type { Asked, Identity } from './caller.ts';
import { HookError } from './hook-error.ts';
import { readAgain } from './stored-session.ts';

/** Options of {@link identifyBySession}. */
export interface SessionIdentifyOptions<Session> {
  /** Who is signed in, by the app's own session; `undefined` for nobody. */
  readonly subject: (session: Session) => string | undefined;
}

/** What every host's request has: where no types say that it has more, TypeScript sees by this that it may. */
interface NativeRequest {
  readonly headers?: object | undefined;
}

/** A request with a session: of express-session, koa-session, and whatever else keeps one in `session`. */
export interface SessionRequest<Session> extends NativeRequest {
  readonly session?: Session | null | undefined;
  /** The session's own random id, which express-session has here. */
  readonly sessionID?: string | undefined;
}

/** What is kept in the session: names one login, and whose it is; nobody's, when the next login is to have it. */
interface Login {
  readonly subject?: string;
  readonly id: string;
}

const LOGIN = 'stepgate';
/** A login that the session's own id tells from all others. Requests that come at once all see the same one. */
const FIRST_LOGIN = 'first';

/** {@link identifyBySession}'s result. It needs no promise but to read a session again. */
export interface IdentifyBySession<Session> {
  (request: SessionRequest<Session>): Identity | undefined;
  (request: SessionRequest<Session>, asked: Asked): Identity | undefined | Promise<Identity | undefined>;
}

/**
 * `identify` for apps that keep the signed-in user in `req.session` or `ctx.session` (express-session, koa-session and
 * their like).
 *
 * Approvals are bound to a random value: the session's own id, where express-session has one, and what is kept in the
 * session beside the user. It is another when the session is regenerated, when another user is signed in, and when the
 * gate has seen the session without a user. So regenerate the session at login and logout, as one does against session
 * fixation, or call `gate.revoke` at logout.
 *
 * An event stream that is open is asked again every few seconds: then the session is read from its store, where there is
 * one, so that the stream ends with the login.
 *
 * Throws, and so answers 500, when the session middleware is missing or comes after the gate.
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

  /** Writes what names the login into the session, where it is not there yet. */
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
    // koa-session's own way to say that it is destroyed.
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
 * koa-session gives every request of the app a session, and makes it when it is first asked for: behind its middleware
 * it is there, and in front of it this very question makes one, which nobody will keep.
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
   * Accepts tokens that name no login (`sid`; for bearer tokens also `jti`). Approvals then outlive a logout: they end
   * by their age alone.
   */
  readonly unboundSession?: boolean;
}

/**
 * `identify` for apps with express-openid-connect: the `sub` and `sid` claims of its verified `id_token`.
 *
 * Throws, and so answers 500, when `auth()` is not in front of the gate, or the provider gives no `sid`.
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
 * A request without a token is nobody's; whether it may come that far is the validating middleware's to decide.
 *
 * Throws, and so answers 500, when a token has neither `sid` nor `jti`.
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
 * `identify` for everything else that has the claims of a verified token: Fastify's `request.user`, Hono's
 * `c.get('jwtPayload')`, Nest's `req.user`. Approvals are bound to the token's `sid`, or else to its `jti`.
 *
 * `claimsOf` gives the claims, or `undefined` for nobody. Never give claims that were only decoded.
 *
 * Throws, and so answers 500, when the claims have no `sub`, or neither `sid` nor `jti`.
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
    `identify: the token has no ${names.join(' or ')} claim, which changes with the login. Have the provider add one, or set unboundSession: true, with which approvals outlive a logout.`,
  );
}
