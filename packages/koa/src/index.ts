import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
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
  toNodeStream,
  toWebRequest,
  whenGone,
  withGuardedBody,
} from '@stepgate/server/node';
import type { Context, Middleware, Next } from 'koa';

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

declare module 'koa' {
  interface DefaultState {
    /** Set by `gate.require` before the handler runs, where an approval was asked for. */
    stepUp?: StepUp;
  }
}

/** Options of {@link createGate}: those of the server package, with Koa's context. */
export type KoaGateOptions = GateOptions<Context>;

/** Step-up for Koa: a middleware that serves the endpoints, and makes the guards of routes. */
export interface KoaGate extends Middleware, NativeGate<Context> {
  /**
   * A middleware that lets a request through when the signed-in user has freshly approved.
   *
   * @throws TypeError when the policy or an option is wrong.
   */
  require(): Middleware;
  require(policy: RoutePolicy<Context>, options?: RouteOptions): Middleware;
}

/**
 * Makes a gate for Koa 2 or 3. Mount it after the session.
 *
 * @example
 * const gate = createGate({ auth0, secret, identify, firstLeg });
 * app.use(gate);
 * router.post('/transfers', gate.require({ maxAge: '5m' }), transfer);
 *
 * @throws TypeError naming the option that is wrong.
 */
export function createGate(options: KoaGateOptions): KoaGate {
  const gate = createHostGate(options);

  async function stepgate(ctx: Context, next: Next): Promise<void> {
    const response = await gate.endpoints(hostRequest(ctx), () => toWebRequest(nodeRequest(ctx)));
    if (response === undefined) {
      if (isOnRoute(ctx, stepgate)) throw new TypeError(NO_GUARD);
      await next();
      return;
    }
    letClientLeave(ctx);
    // First the body: one that is null makes Koa's status 204.
    ctx.body = response.body === null ? null : breakingOff(toNodeStream(response.body), ctx.res);
    ctx.status = response.status;
    writeHeaders(ctx, response.headers);
  }

  function requireWith(
    ...args: readonly [policy?: RoutePolicy<Context>, options?: RouteOptions]
  ): Middleware {
    const guard = gate.guard(policyOf(args), args[1]);
    return async function requireStepUp(ctx, next) {
      const decision = await guard(hostRequest(ctx), () =>
        toHostBody({ ...nodeRequest(ctx), files: filesOf(ctx) }),
      );
      if (decision.isAllowed) {
        if (decision.stepUp) ctx.state.stepUp = decision.stepUp;
        await next();
        return;
      }
      if (decision.isForApp) {
        // Here for middleware of the app's own that catches; Koa's drops them, and takes those of the error.
        writeHeaders(ctx, Object.entries(decision.error.headers));
        throw decision.error;
      }
      const { status, headers, body } = decision.response;
      ctx.status = status;
      writeHeaders(ctx, Object.entries(headers));
      ctx.body = body;
    };
  }

  return Object.assign(stepgate, { require: requireWith }, createNativeGate(gate, hostRequest));
}

/** What @koa/router tells of a route that has matched; one that is mounted for all has no methods. */
interface Layer {
  readonly methods?: readonly string[];
  readonly stack?: readonly unknown[];
}

/** Whether the gate is among the handlers of a route: in the place of a guard, it would let everybody through. */
function isOnRoute(ctx: Context, gate: Middleware): boolean {
  const { matched } = ctx as { readonly matched?: unknown };
  if (!Array.isArray(matched)) return false;
  return matched.some(({ methods, stack }: Layer) => methods?.length && stack?.includes(gate));
}

/** A class, since a literal with getters costs a microsecond, and every guarded request makes one. */
class KoaHostRequest implements HostRequest<Context> {
  readonly native: Context;
  readonly method: string;
  readonly url: string;

  constructor(ctx: Context) {
    this.native = ctx;
    this.method = ctx.method;
    this.url = ctx.originalUrl;
  }

  get protocol(): string {
    return this.native.protocol;
  }

  get host(): string {
    return this.native.host;
  }

  header(name: string): string | undefined {
    return headerOf(this.native.req, name);
  }

  forPolicy(): Context {
    const { native } = this;
    const request = withGuardedBody(native.request, native.req);
    return Object.create(native, { request: { value: request } }) as Context;
  }

  whenGone(callback: () => void): void {
    whenGone(this.native.res, callback);
  }
}

function hostRequest(ctx: Context): HostRequest<Context> {
  return new KoaHostRequest(ctx);
}

function nodeRequest(ctx: Context): NodeRequest {
  const { req, res, protocol, host, originalUrl: url } = ctx;
  return { req, res, protocol, host, url, parsedBody: parsedBodyOf(ctx) };
}

/** Where koa-body, @koa/multer and their like put a form's files. */
function filesOf(ctx: Context): readonly unknown[] {
  const { file, files } = ctx.request as { readonly file?: unknown; readonly files?: unknown };
  return [file, files];
}

/** What a body parser has put there; Koa itself has no such member. */
function parsedBodyOf(ctx: Context): unknown {
  return (ctx.request as { readonly body?: unknown }).body;
}

/** A client that leaves an event stream is no error, as which Koa would report it. */
function letClientLeave(ctx: Context): void {
  const report = ctx.onerror.bind(ctx);
  ctx.onerror = (error) => {
    if ((error as NodeJS.ErrnoException | null)?.code !== 'ERR_STREAM_PREMATURE_CLOSE') report(error);
  };
}

/** The body, which takes the answer with it where it breaks off: Koa 2 would leave the client waiting. */
function breakingOff(body: Readable, res: ServerResponse): Readable {
  return body.once('close', () => {
    if (!body.readableEnded) res.destroy();
  });
}

function writeHeaders(ctx: Context, headers: Iterable<readonly [string, string]>): void {
  for (const [name, value] of headers) {
    if (isRepeatable(name)) ctx.append(name, value);
    else ctx.set(name, value);
  }
}
