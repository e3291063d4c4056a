import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GateOptions, GuardMaker, NativeGate, RequireArguments, StepUp } from '@stepgate/server';
import { createNodeGate, isUnder, type NodeHost, sendResponse } from '@stepgate/server/node';
import type {
  Request as ExpressRequest,
  Response as ExpressResponse,
  NextFunction,
  RequestHandler,
} from 'express';

export * from '@stepgate/server';

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
 * The guard of a route. Its type says so little of the request that TypeScript goes on to infer `req.params` and
 * `req.body` from the route and its handlers.
 */
export type ExpressGuard = (req: IncomingMessage, res: ServerResponse, next: NextFunction) => void;

/** Step-up for Express: a middleware that serves the endpoints, and makes the guards of routes. */
export interface ExpressGate extends RequestHandler, NativeGate<ExpressRequest> {
  readonly require: GuardMaker<ExpressRequest, ExpressGuard>;
}

/**
 * Makes a gate for Express 4 or 5. Mount it after the session.
 *
 * @example
 * const gate = createGate({ provider, secret, identify, firstLeg });
 * app.use(gate);
 * app.post('/transfers', gate.require({ maxAge: '5m' }), transfer);
 *
 * @throws TypeError naming the option that is wrong.
 */
export function createGate(options: ExpressGateOptions): ExpressGate {
  const gate = createNodeGate(options, HOST);

  function stepgate(req: ExpressRequest, res: ExpressResponse, next: NextFunction): void {
    gate
      .respond(req, res, stepgate)
      .then((response) => (response ? sendResponse(res, response) : next()))
      .catch(next);
  }

  function requireWith(...args: RequireArguments<ExpressRequest>): ExpressGuard {
    const decide = gate.guard(...args);
    async function decideAndGoOn(
      req: ExpressRequest,
      res: ExpressResponse,
      next: NextFunction,
    ): Promise<void> {
      try {
        const { response, stepUp } = await decide(req, res, requireStepUp);
        if (response) return sendResponse(res, response);
        if (stepUp) req.stepUp = stepUp;
        next();
      } catch (error) {
        next(error);
      }
    }

    // Returns no promise: Express 4 ignores one, and Express 5 would wait for it once more.
    function requireStepUp(req: ExpressRequest, res: ExpressResponse, next: NextFunction): void {
      void decideAndGoOn(req, res, next);
    }
    // Express passes its own request and response, although the type says less.
    return requireStepUp as ExpressGuard;
  }

  return Object.assign(stepgate, { require: requireWith }, gate.inHandlers);
}

const HOST: NodeHost<ExpressRequest> = {
  req: (req) => req,
  url: (req) => req.originalUrl,
  protocol: (req) => req.protocol,
  host: hostOf,
  parsed: (req) => req,
  withParsed: (_req, parsed) => parsed as ExpressRequest,
  handlerChains: (req) => [routeHandlers(req)],
  isMounted(req, basePath, gate) {
    // Express compares without regard to case, by default.
    const isReached = isUnder(basePath.toLowerCase(), req.baseUrl.toLowerCase());
    return isReached && !routeHandlers(req).includes(gate);
  },
  guardedPrefix(req, guard) {
    const app = req.app as unknown as { readonly _router?: Router; readonly router: Router };
    // In Express 4, to read `router` is an error.
    const { stack } = app._router ?? app.router;
    const at = stack.findIndex(({ handle }) => handle === guard);
    const [layer, behind] = stack.slice(at, at + 2);
    if (at === -1 || !layer || isForAll(layer)) return undefined;
    // `app.use('/admin', guard, router)`: that router's routes are reached through the guard alone.
    const isRouters =
      behind && 'stack' in Object(behind.handle) && !isForAll(behind) && behind.match(req.baseUrl);
    return isRouters ? undefined : req.baseUrl;
  },
};

/** What Express tells of one handler of a route. */
interface Layer {
  readonly handle: unknown;
  readonly method?: string;
  /** Of one that `use` has added without a path: in Express 5, and in 4. */
  readonly slash?: boolean;
  readonly regexp?: { readonly fast_slash: boolean };
  match(path: string): boolean;
}

interface Router {
  readonly stack: readonly Layer[];
}

function isForAll({ slash, regexp }: Layer): boolean {
  return slash ?? regexp?.fast_slash ?? false;
}

function routeHandlers({ route, method }: ExpressRequest): readonly unknown[] {
  // One list has the handlers of all methods. GET's run for HEAD too.
  const { stack = [] } = (route ?? {}) as { readonly stack?: readonly Layer[] };
  const own = method === 'HEAD' ? ['head', 'get'] : [method.toLowerCase()];
  return stack.filter((layer) => !layer.method || own.includes(layer.method)).map(({ handle }) => handle);
}

/** Host and port by the app's `trust proxy`, as Express 5 has them in `req.host`. Express 4's lacks the port. */
function hostOf(req: ExpressRequest): string {
  const isTrusted = req.app.get('trust proxy fn') as (address: string | undefined, hop: number) => boolean;
  const forwarded = isTrusted(req.socket.remoteAddress, 0) ? req.get('x-forwarded-host') : undefined;
  return forwarded?.split(',')[0]?.trim() || (req.headers.host ?? '');
}
