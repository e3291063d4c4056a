import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { createGate, type NextGateOptions, type StepUp } from '@stepgate/next';
import { type AdapterHost, type AppError, type BankRoute, serve } from 'suites/adapters/bank.ts';

/** Each app of the suite has a gate for itself, though all are in one process. */
function forgetGates(): void {
  (Reflect.get(globalThis, Symbol.for('@stepgate/next')) as Map<string, unknown>).clear();
}

type Handler = (request: Request, context: object, stepUp?: StepUp) => Response | Promise<Response>;

/**
 * The suite's app as route handlers of Next.js. A server of web-standard requests calls them as Next.js does: each with
 * a request whose body nobody has read.
 */
export const nextHost: AdapterHost = {
  readsBodies: true,
  handlersParse: true,
  tellsLastByte: false,
  bodyOf: (native) => (native as unknown as Request).json(),
  listen({ gateOptions, routes, trustsProxy, errorsBy, onAppError }) {
    const basePath = gateOptions.basePath ?? '/step-up';
    const gate = createGate(
      () => ({
        ...(gateOptions as unknown as NextGateOptions),
        origin: trustsProxy ? forwardedOrigin : ownOrigin,
      }),
      { basePath },
    );
    const handlers = new Map(routes.map((route) => [route.path, handlerOf(route)]));

    function handlerOf({ policies, policiesBehind, options, handle }: BankRoute): Handler {
      const guarded = (list: typeof policies, inner: Handler): Handler =>
        list.reduceRight<Handler>(
          (next, policy) => gate.route(policy as Parameters<typeof gate.route>[0], next, options) as Handler,
          inner,
        );
      return guarded(policies, async (request, context, stepUp) => {
        const result = await handle(stepUp, {
          check: (policy) => gate.check(request, policy as never),
          assert: (policy) => gate.assert(request, policy as never),
          status: () => gate.status(request),
          revoke: () => gate.revoke(request),
          revokeSubject: (subject) => gate.revokeSubject(subject),
        });
        const response = Response.json(result ?? null);
        if (policiesBehind.length === 0) return response;
        return guarded(policiesBehind, () => response)(request, context);
      });
    }

    async function answer(request: Request): Promise<Response> {
      forgetGates();
      const { pathname } = new URL(request.url);
      const method = request.method as keyof typeof gate.handlers;
      if (pathname === basePath || pathname.startsWith(`${basePath}/`)) return gate.handlers[method](request);
      return (await handlers.get(pathname)?.(request, {})) ?? new Response(null, { status: 404 });
    }

    const app = async (request: Request): Promise<Response> => {
      try {
        return await answer(withCookies(request));
      } catch (error) {
        const { status = 500, code, details, headers } = error as AppError;
        if (errorsBy !== 'framework') onAppError(error);
        const body = errorsBy === 'app' ? JSON.stringify({ caught: code, details }) : 'failed';
        return new Response(body, { status, ...(headers && { headers }) });
      }
    };
    return serve(createAdaptorServer({ fetch: app }) as Server, gate);
  },
};

/** The request, with its cookies where the other hosts have them. */
function withCookies(request: Request): Request {
  const cookie = request.headers.get('cookie') ?? undefined;
  return Object.defineProperty(request, 'headers', { value: Object.assign(request.headers, { cookie }) });
}

function ownOrigin(request: Request): string {
  return new URL(request.url).origin;
}

function forwardedOrigin({ headers, url }: Request): string {
  const own = new URL(url);
  const protocol = headers.get('x-forwarded-proto') ?? own.protocol.slice(0, -1);
  return `${protocol}://${headers.get('x-forwarded-host') ?? own.host}`;
}
