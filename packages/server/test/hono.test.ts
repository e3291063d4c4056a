import type { Server } from 'node:http';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { whenGone } from '../src/hosts/node-response.ts';
import { createWebGate, type WebGateOptions } from '../src/web.ts';
import { type AppError, type HostRequest, serve } from './support/bank.ts';
import { describeAdapter } from './support/describe-adapter.ts';

/** What the app's functions see: Hono's context, and the headers where the other hosts have them. */
interface Native extends HostRequest {
  readonly c: Context;
  readonly body?: unknown;
}

/** What a parser has left, for policies to read. */
const bodies = new WeakMap<Request, unknown>();

/** A parser as Hono's users write it: the request itself stays unread. */
async function parse(request: Request): Promise<void> {
  const copy = request.clone();
  const isForm = request.headers.get('content-type')?.includes('form') === true;
  const parsing: Promise<unknown> = isForm ? copy.formData().then(Object.fromEntries) : copy.json();
  const body = await parsing.catch(() => undefined);
  bodies.set(request, body);
}

describeAdapter('Hono', {
  async listen({ gateOptions, routes, parsesBodies, trustsProxy, errorsBy, onAppError }) {
    const app = new Hono();
    const options: WebGateOptions<Native> = {
      ...gateOptions,
      requestOf: ({ c }) => c.req.raw,
      whenGone: ({ c }, callback) => whenGone((c.env as HttpBindings).outgoing, callback),
    };
    const gate = createWebGate<Native>({ ...options, ...(trustsProxy && { origin: forwardedOrigin }) });
    const nativeOf = (c: Context): Native => {
      const headers = { cookie: c.req.header('cookie') };
      return bodies.has(c.req.raw) ? { c, headers, body: bodies.get(c.req.raw) } : { c, headers };
    };
    // Hono itself knows no error but its own: whoever has errors of others answers them.
    app.onError((error: AppError, c) => {
      onAppError(error);
      const { status = 500, code, details, headers } = error;
      if (errorsBy === 'tests') return c.text('failed', status as 500);
      return Response.json({ caught: code, details }, { status, ...(headers && { headers }) });
    });
    if (parsesBodies) {
      app.use(async (c, next) => {
        await parse(c.req.raw);
        await next();
      });
    }
    app.use(async (c, next) => {
      const response = await gate.respond(nativeOf(c));
      if (response === undefined) await next();
      return response;
    });
    for (const { path, policies, options: route, handle } of routes) {
      const guards = policies.map((policy) => gate.require(policy, route));
      app.all(path, async (c) => {
        const native = nativeOf(c);
        let stepUp: Exclude<Awaited<ReturnType<(typeof guards)[number]>>, Response>;
        for (const guard of guards) {
          const result = await guard(native);
          if (result instanceof Response) return result;
          stepUp = result;
        }
        return c.json(
          (await handle(stepUp, {
            check: (policy) => gate.check(native, policy),
            assert: (policy) => gate.assert(native, policy),
            status: () => gate.status(native),
            revoke: () => gate.revoke(native),
            revokeSubject: (subject) => gate.revokeSubject(subject),
          })) ?? null,
        );
      });
    }
    return serve(createAdaptorServer({ fetch: app.fetch }) as Server, gate);
  },
});

function forwardedOrigin({ c }: Native): string {
  const own = new URL(c.req.url);
  const protocol = c.req.header('x-forwarded-proto') ?? own.protocol.slice(0, -1);
  return `${protocol}://${c.req.header('x-forwarded-host') ?? own.host}`;
}
