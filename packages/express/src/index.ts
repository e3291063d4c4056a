import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  createGate as createHostGate,
  createNativeGate,
  type GateOptions,
  type HostRequest,
  type NativeGate,
  policyOf,
  type RouteOptions,
  type RoutePolicy,
  type StepUp,
} from '@stepgate/server';
import {
  headerOf,
  isRepeatable,
  NO_GUARD,
  type NodeRequest,
  toHostBody,
  toWebRequest,
  whenGone,
  withGuardedBody,
  writeBody,
} from '@stepgate/server/node';
import type {
  Request as ExpressRequest,
  Response as ExpressResponse,
  NextFunction,
  RequestHandler,
} from 'express';

export {
  type Action,
  type AuditEvent,
  createMemoryStore,
  errorResponse,
  type HookContext,
  type Identity,
  identifyByBearer,
  identifyByOidc,
  identifyBySession,
  isStepUpError,
  type Policy,
  type RouteOptions,
  type RoutePolicy,
  type StepUp,
  StepUpError,
  type Store,
} from '@stepgate/server';

declare global {
  namespace Express {
    interface Request {
      /** Set by `gate.require` before the handler runs, where an approval was asked for. */
      stepUp?: StepUp;
    }
  }
}

/** Options of {@link createGate}: those of the server package, with Express's request. */
export type ExpressGateOptions = GateOptions<ExpressRequest>;

/**
 * The guard of a route. What it says of the request is so little that TypeScript goes on to infer `req.params` and
 * `req.body` from the route and its handlers.
 */
export type ExpressGuard = (req: IncomingMessage, res: ServerResponse, next: NextFunction) => void;

/** Step-up for Express: a middleware that serves the endpoints, and makes the guards of routes. */
export interface ExpressGate extends RequestHandler, NativeGate<ExpressRequest> {
  /**
   * A middleware that lets a request through when the signed-in user has freshly approved.
   *
   * @throws TypeError when the policy or an option is wrong.
   */
  require(): ExpressGuard;
  require(policy: RoutePolicy<ExpressRequest>, options?: RouteOptions): ExpressGuard;
}

/**
 * Makes a gate for Express 4 or 5. Mount it after the session.
 *
 * @example
 * const gate = createGate({ auth0, secret, identify, firstLeg });
 * app.use(gate);
 * app.post('/transfers', gate.require({ maxAge: '5m' }), transfer);
 *
 * @throws TypeError naming the option that is wrong.
 */
export function createGate(options: ExpressGateOptions): ExpressGate {
  const gate = createHostGate(options);

  function stepgate(req: ExpressRequest, res: ExpressResponse, next: NextFunction): void {
    const request = hostRequest(req);
    gate
      .endpoints(request, () => toWebRequest(nodeRequest(request, res)))
      .then((response) => {
        if (response !== undefined) return send(res, response);
        if (isOnRoute(req, stepgate)) throw new TypeError(NO_GUARD);
        next();
      })
      .catch(next);
  }

  function requireWith(
    ...args: readonly [policy?: RoutePolicy<ExpressRequest>, options?: RouteOptions]
  ): ExpressGuard {
    const guard = gate.guard(policyOf(args), args[1]);
    function requireStepUp(req: ExpressRequest, res: ExpressResponse, next: NextFunction): void {
      const request = hostRequest(req);
      guard(request, () => toHostBody({ ...nodeRequest(request, res), files: filesOf(req) }))
        .then((decision) => {
          if (decision.isAllowed) {
            if (decision.stepUp) req.stepUp = decision.stepUp;
            next();
            return;
          }
          if (!isOpen(res)) return;
          if (decision.isForApp) {
            // Here for a handler of the app's own; Express's drops them, and takes those of the error.
            writeHeaders(res, Object.entries(decision.error.headers));
            next(decision.error);
            return;
          }
          const { status, headers, body } = decision.response;
          res.status(status);
          writeHeaders(res, Object.entries(headers));
          res.end(body);
        })
        .catch(next);
    }
    // Express gives it its own request and response, whatever the type says.
    return requireStepUp as ExpressGuard;
  }

  return Object.assign(stepgate, { require: requireWith }, createNativeGate(gate, hostRequest));
}

/** Whether the gate is among the handlers of the route: in the place of a guard, it would let everybody through. */
function isOnRoute({ route }: ExpressRequest, gate: RequestHandler): boolean {
  const { stack } = (route ?? {}) as { readonly stack?: readonly { readonly handle: unknown }[] };
  return stack?.some(({ handle }) => handle === gate) ?? false;
}

/** A class, since a literal with getters costs a microsecond, and every guarded request makes one. */
class ExpressHostRequest implements HostRequest<ExpressRequest> {
  readonly native: ExpressRequest;
  readonly method: string;
  readonly url: string;

  constructor(req: ExpressRequest) {
    this.native = req;
    this.method = req.method;
    this.url = req.originalUrl;
  }

  get protocol(): string {
    return this.native.protocol;
  }

  get host(): string {
    return hostOf(this.native);
  }

  header(name: string): string | undefined {
    return headerOf(this.native, name);
  }

  forPolicy(): ExpressRequest {
    return withGuardedBody(this.native, this.native);
  }

  whenGone(callback: () => void): void {
    // Express puts it there before any middleware runs.
    whenGone(this.native.res as ExpressResponse, callback);
  }
}

function hostRequest(req: ExpressRequest): HostRequest<ExpressRequest> {
  return new ExpressHostRequest(req);
}

function nodeRequest(
  { native: req, protocol, host, url }: HostRequest<ExpressRequest>,
  res: ExpressResponse,
): NodeRequest {
  return { req, res, protocol, host, url, parsedBody: req.body };
}

/** Where multer and its like put a form's files. */
function filesOf(req: ExpressRequest): readonly unknown[] {
  const { file, files } = req as { readonly file?: unknown; readonly files?: unknown };
  return [file, files];
}

/** Host and port by the app's `trust proxy`; Express 4's own `req.host` has no port. */
function hostOf(req: ExpressRequest): string {
  const own = req.headers.host ?? '';
  // `undefined` for a request of HTTP/1.0 that names none, whatever the types say.
  const host = req.host as string | undefined;
  return req.hostname === own.replace(/:\d+$/, '') ? own : (host ?? '');
}

/** Whether there is still somebody to answer: clients go away, and other middleware may have answered meanwhile. */
function isOpen(res: ExpressResponse): boolean {
  return !res.destroyed && !res.headersSent;
}

function writeHeaders(res: ExpressResponse, headers: Iterable<readonly [string, string]>): void {
  for (const [name, value] of headers) {
    if (isRepeatable(name)) res.append(name, value);
    else res.setHeader(name, value);
  }
}

function send(res: ExpressResponse, response: Response): void {
  if (!isOpen(res)) {
    void response.body?.cancel();
    return;
  }
  res.status(response.status);
  writeHeaders(res, response.headers);
  if (response.body === null) {
    res.end();
    return;
  }
  writeBody(response.body, res);
}
