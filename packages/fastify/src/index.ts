import type { GateOptions, GuardMaker, NativeGate, RoutePolicy, StepUp } from '@stepgate/server';
import {
  createNodeGate,
  type GateResponse,
  isUnder,
  mergedHeaders,
  type NodeHost,
  toNodeStream,
} from '@stepgate/server/node';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify';

export * from '@stepgate/server';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by guards before the handler runs, where an approval was asked for. */
    stepUp?: StepUp | undefined;
  }
  interface FastifyContextConfig {
    /** Guards the route, in an app in which a gate is registered. */
    stepUp?: RoutePolicy<FastifyRequest>;
  }
}

/** Options of {@link createGate}: those of the server package, with Fastify's request. */
export type FastifyGateOptions = GateOptions<FastifyRequest>;

/** Step-up for Fastify: a plugin that serves the endpoints, and makes the guards of routes. */
export interface FastifyGate extends FastifyPluginAsync, NativeGate<FastifyRequest> {
  readonly require: GuardMaker<FastifyRequest, preHandlerAsyncHookHandler>;
}

/**
 * Makes a gate for Fastify 5. Its endpoints are routes, so the order of plugins does not matter to them.
 *
 * @example
 * const gate = createGate({ provider, secret, identify, firstLeg });
 * await app.register(gate);
 * app.post('/transfers', { preHandler: gate.require({ maxAge: '5m' }) }, transfer);
 *
 * @throws TypeError naming the option that is wrong.
 */
export function createGate(options: FastifyGateOptions): FastifyGate {
  const gate = createNodeGate(options, HOST);
  const ownRoutes = [gate.basePath, `${gate.basePath}/*`];
  const guards = new WeakMap<object, ReturnType<typeof requireWith>>();

  const stepgate: FastifyPluginAsync = async (app) => {
    gate.mounted(app.prefix);
    // Not the plugin's scope: routes outside of it may ask for a guard too.
    const root = rootOf(app);
    root.addHook('onRoute', (route: Route) => {
      if (route.config && 'stepUp' in route.config) guardOf(route.config.stepUp);
      route.config = { ...route.config, [ROUTE]: route };
    });
    root.addHook('preHandler', async ({ routeOptions }, reply) => {
      const { config } = routeOptions as Route;
      return config && 'stepUp' in config ? guardOf(config.stepUp)(reply.request, reply) : undefined;
    });
    // Not `onClose`: Fastify runs that when the last request has been answered, and event streams are requests.
    root.addHook('preClose', () => gate.inHandlers.close());
    await app.register(async (scope) => {
      // The gate reads its own bodies.
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
      for (const url of ownRoutes) {
        scope.all(url.slice(app.prefix.length), { exposeHeadRoute: false }, async (request, reply) => {
          const response = await gate.respond(request, reply.raw, stepgate);
          return response ? answer(reply, response) : reply.callNotFound();
        });
      }
    });
  };

  /** Fastify decodes a path to find its route, and the gate does not: `/step%2Dup` goes to the app. */
  function isOwn({ routeOptions: { url = '' }, originalUrl }: FastifyRequest): boolean {
    const [path = ''] = originalUrl.split('?', 1);
    return ownRoutes.includes(url) && isUnder(path, gate.basePath);
  }

  function guardOf(policy: RoutePolicy<FastifyRequest> | undefined) {
    const guard = (policy && guards.get(policy)) ?? requireWith(policy);
    if (policy) guards.set(policy, guard);
    return guard;
  }

  function requireWith(...args: Parameters<typeof gate.guard>) {
    const decide = gate.guard(...args);
    return async function requireStepUp(request: FastifyRequest, reply: FastifyReply) {
      // A hook that guards the whole app runs here too, and the page is where it sends users.
      if (isOwn(request)) return undefined;
      const { response, stepUp } = await decide(request, reply.raw, requireStepUp);
      if (response) return answer(reply, response);
      request.stepUp = stepUp;
      return undefined;
    };
  }

  // Fastify gives what a plugin adds to the scope that it is registered in when it has this member.
  const forItsScope = { [Symbol.for('skip-override')]: true };
  return Object.assign(stepgate, forItsScope, { require: requireWith }, gate.inHandlers);
}

/** Where a route's configuration keeps the route: a request does not tell its handlers. */
const ROUTE = Symbol('stepgate.route');

interface Route {
  readonly preHandler?: unknown;
  config?: { readonly stepUp?: RoutePolicy<FastifyRequest>; readonly [ROUTE]?: Route };
}

const HOST: NodeHost<FastifyRequest> = {
  req: (request) => request.raw,
  url: (request) => request.originalUrl,
  protocol: (request) => request.protocol,
  host: (request) => request.host,
  parsed: (request) => request,
  withParsed: (_request, parsed) => parsed as FastifyRequest,
  handlerChains: ({ routeOptions }) => [[(routeOptions as Route).config?.[ROUTE]?.preHandler].flat()],
  isMounted: () => true,
};

/** The app itself: the one that a plugin is given inherits from it. */
function rootOf<App extends object>(app: App): App {
  const parent = Object.getPrototypeOf(app) as App;
  return Object.getPrototypeOf(parent) === null ? app : rootOf(parent);
}

function answer(reply: FastifyReply, { status, headers, body }: GateResponse): FastifyReply {
  const content = body instanceof ReadableStream ? toNodeStream(body) : (body ?? undefined);
  return reply
    .headers(mergedHeaders(headers, (name) => reply.getHeader(name)))
    .code(status)
    .send(content);
}
