import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { createGate, type HonoGateOptions, type StepUpEnv } from '@stepgate/hono';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { type AdapterHost, type AppError, type HostRequest, serve } from 'suites/adapters/bank.ts';

/** Hono's context, with the headers where the other hosts have them. */
type Native = Context & HostRequest;

/** The suite's app on Hono. */
export const honoHost: AdapterHost = {
  readsBodies: true,
  handlersParse: true,
  bodyOf: (native) => (native as Native).req.json(),
  listen({ gateOptions, routes, parsesBodies, trustsProxy, errorsBy, onAppError }) {
    const app = new Hono<StepUpEnv>();
    const gate = createGate({
      ...(gateOptions as unknown as HonoGateOptions),
      ...(trustsProxy && { origin: forwardedOrigin }),
    });
    if (errorsBy !== 'framework') {
      app.onError((error: AppError, c) => {
        onAppError(error);
        const { status = 500, code, details } = error;
        return errorsBy === 'app'
          ? c.json({ caught: code, details }, status as 500)
          : c.text('failed', status as 500);
      });
    }
    app.use((c, next) => {
      Object.assign(c, { headers: { cookie: c.req.header('cookie') } });
      return next();
    });
    if (parsesBodies) app.use(readBody);
    app.use(gate);
    for (const { path, policies, policiesBehind, options, handle } of routes) {
      const guardsOf = (list: typeof policies) =>
        list.map((policy) => gate.require(policy as Parameters<typeof gate.require>[0], options));
      const handler: MiddlewareHandler<StepUpEnv> = async (c, next) => {
        const result = await handle(c.get('stepUp'), {
          check: (policy) => gate.check(c, policy as never),
          assert: (policy) => gate.assert(c, policy as never),
          status: () => gate.status(c),
          revoke: () => gate.revoke(c),
          revokeSubject: (subject) => gate.revokeSubject(subject),
        });
        if (policiesBehind.length === 0) return c.json(result ?? null);
        c.res = c.json(result ?? null);
        await next();
        return undefined;
      };
      app.on(METHODS, [path], ...guardsOf(policies), handler, ...guardsOf(policiesBehind));
    }
    return serve(createAdaptorServer({ fetch: app.fetch }) as Server, gate);
  },
};

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Reads the body before anybody else, as validators do. Hono keeps what was read. */
const readBody: MiddlewareHandler = async (c, next) => {
  const isForm = c.req.header('content-type')?.includes('form') === true;
  await (isForm ? c.req.parseBody() : c.req.json()).catch(() => undefined);
  await next();
};

function forwardedOrigin(c: Context): string {
  const own = new URL(c.req.url);
  const protocol = c.req.header('x-forwarded-proto') ?? own.protocol.slice(0, -1);
  return `${protocol}://${c.req.header('x-forwarded-host') ?? own.host}`;
}
