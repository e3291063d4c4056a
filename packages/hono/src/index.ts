import type { ServerResponse } from 'node:http';
import type { GuardMaker, RequireArguments, StepUp } from '@stepgate/server';
import { errorResponse, isStepUpError, type NativeGate } from '@stepgate/server';
import {
  createWebGate,
  isRepeatable,
  NOT_KEPT,
  type WebGateOptions,
  type WebHost,
} from '@stepgate/server/web';
import type { Context, MiddlewareHandler } from 'hono';
import { cloneRawRequest } from 'hono/request';
import { matchedRoutes } from 'hono/route';
import { TrieRouter } from 'hono/router/trie-router';

export * from '@stepgate/server';

/** Options of {@link createGate}: those of the server package, with Hono's context, and the `origin`. */
export type HonoGateOptions = WebGateOptions<Context>;

/** What a guard leaves in the context for the handler: `c.get('stepUp')`. */
export interface StepUpEnv {
  Variables: {
    /** `undefined` where the policy asked for no approval. */
    stepUp: StepUp | undefined;
  };
}

/** Step-up for Hono: a middleware that serves the endpoints, and makes the guards of routes. */
export interface HonoGate extends MiddlewareHandler, NativeGate<Context> {
  readonly require: GuardMaker<Context, MiddlewareHandler<StepUpEnv>>;
}

/**
 * Makes a gate for Hono. Mount it after the session.
 *
 * @example
 * const gate = createGate({ provider, secret, identify, firstLeg });
 * app.use(gate);
 * app.post('/transfers', gate.require({ maxAge: '5m' }), transfer);
 *
 * @throws TypeError naming the option that is wrong.
 */
export function createGate(options: HonoGateOptions): HonoGate {
  const gate = createWebGate<Context>(options, HOST);

  const stepgate: MiddlewareHandler = async (c, next) => {
    const response = await gate.respond(c);
    return response ? answer(c, response) : next();
  };

  function requireWith(...args: RequireArguments<Context>): MiddlewareHandler<StepUpEnv> {
    const guard = gate.require(...args);
    const requireStepUp: MiddlewareHandler<StepUpEnv> = async (c, next) => {
      const found = await guard(c, requireStepUp).catch((error: unknown) => {
        // For a handler of the app, which builds its response through the context.
        if (isStepUpError(error)) addHeaders(c, Object.entries(error.headers));
        throw withResponse(error);
      });
      if (found instanceof Response) return answer(c, found);
      c.set('stepUp', found);
      await next();
      if (!c.res.headers.has(NOT_KEPT[0])) c.header(...NOT_KEPT);
      return undefined;
    };
    return requireStepUp;
  }

  const assert: HonoGate['assert'] = (c, ...policy) =>
    gate.assert(c, ...policy).catch((error: unknown) => {
      throw withResponse(error);
    });
  return Object.assign(stepgate, gate, { assert, require: requireWith });
}

const HOST: WebHost<Context> = {
  request: (c) => c.req.raw,
  // Hono keeps what the app has read with `c.req.json()` and similar calls.
  readable: (c) => cloneRawRequest(c.req),
  forPolicy: (c) => c,
  handlerChains: (c) => [matchedRoutes(c).map(({ handler }) => handler)],
  isMounted(c, basePath) {
    const route = matchedRoutes(c)[c.req.routeIndex];
    if (route?.method !== 'ALL') return false;
    const router = new TrieRouter<true>();
    router.add('ALL', route.path, true);
    return router.match('ALL', basePath)[0].length > 0;
  },
  guardedPrefix(c) {
    const { method, path = '', basePath = '' } = matchedRoutes(c)[c.req.routeIndex] ?? {};
    // In an app that is mounted by `route`, its own prefix is no part of it.
    const own = path.slice(basePath === '/' ? 0 : basePath.length);
    return method === 'ALL' && /^\/.+\/\*$/.test(own) ? path.slice(0, -2) : undefined;
  },
  // There under @hono/node-server only.
  nodeResponse: (c) => (c.env as { readonly outgoing?: ServerResponse } | undefined)?.outgoing,
};

/** A `Response` that a middleware returns would replace the headers that the app has set. The context keeps them. */
function answer(c: Context, { status, headers, body }: Response): Response {
  addHeaders(c, headers);
  return c.newResponse(body, status as 200);
}

function addHeaders(c: Context, headers: Iterable<readonly [string, string]>): void {
  for (const [name, value] of headers) c.header(name, value, { append: isRepeatable(name) });
}

/** Hono's own error handler answers with the response that an error has, and with a 500 where it has none. */
function withResponse(error: unknown): unknown {
  if (!isStepUpError(error)) return error;
  const { status, headers, body } = errorResponse(error);
  return Object.assign(error, { getResponse: () => new Response(body, { status, headers }) });
}
