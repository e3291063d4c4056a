import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { GateOptions, GuardMaker, NativeGate, RequireArguments, StepUp } from '@stepgate/server';
import {
  createNodeGate,
  type GateResponse,
  isUnder,
  type NodeHost,
  toNodeStream,
  writeHeaders,
} from '@stepgate/server/node';
import type { Context, Middleware, Next } from 'koa';

export * from '@stepgate/server';

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
  readonly require: GuardMaker<Context, Middleware>;
}

/**
 * Makes a gate for Koa 2 or 3. Mount it after the session.
 *
 * @example
 * const gate = createGate({ provider, secret, identify, firstLeg });
 * app.use(gate);
 * router.post('/transfers', gate.require({ maxAge: '5m' }), transfer);
 *
 * @throws TypeError naming the option that is wrong.
 */
export function createGate(options: KoaGateOptions): KoaGate {
  const gate = createNodeGate(options, HOST);

  async function stepgate(ctx: Context, next: Next): Promise<void> {
    const response = await gate.respond(ctx, ctx.res, stepgate);
    if (response === undefined) await next();
    else answer(ctx, response);
  }

  function requireWith(...args: RequireArguments<Context>): Middleware {
    const decide = gate.guard(...args);
    return async function requireStepUp(ctx, next) {
      const { response, stepUp } = await decide(ctx, ctx.res, requireStepUp, next);
      if (response) return answer(ctx, response);
      if (stepUp) ctx.state.stepUp = stepUp;
      await next();
    };
  }

  return Object.assign(stepgate, { require: requireWith }, gate.inHandlers);
}

const HOST: NodeHost<Context> = {
  req: (ctx) => ctx.req,
  url: (ctx) => ctx.originalUrl,
  protocol: (ctx) => ctx.protocol,
  host: (ctx) => ctx.host,
  parsed: (ctx) => ctx.request,
  withParsed: (ctx, request) => Object.create(ctx, { request: { value: request } }) as Context,
  handlerChains: (ctx) => layersOf(ctx).map(({ stack }) => stack),
  isMounted(ctx, basePath, gate) {
    const prefix = mountPathOf(ctx);
    const layers = layersOf(ctx).filter(({ stack }) => stack.includes(gate));
    const path = basePath.slice(prefix.length) || '/';
    return isUnder(basePath, prefix) && layers.every((layer) => isUse(layer) && layer.match(path));
  },
  guardedPrefix(ctx, _guard, next) {
    const { mountPath } = ctx as Context & { readonly mountPath?: string };
    // In an app or a composition that is mounted, the guard has its routes behind it, and `next` is Koa's.
    return (next as Next).name.startsWith('bound ') ? undefined : mountPath;
  },
};

/** What @koa/router tells of handlers whose path has matched. */
interface Layer {
  readonly methods: readonly string[];
  readonly stack: readonly unknown[];
  match(path: string): boolean;
}

function layersOf({ matched = [] }: Context & { readonly matched?: readonly Layer[] }): readonly Layer[] {
  return matched;
}

/** Whether they come from `router.use` rather than from a route. */
function isUse({ methods }: Layer): boolean {
  return methods.length === 0;
}

/** The path that koa-mount has cut off. Without koa-mount, a path that is not the one asked for was rewritten. */
function mountPathOf({ originalUrl, path, mountPath }: Context & { readonly mountPath?: string }): string {
  const asked = originalUrl.split('?', 1).join();
  if (mountPath === undefined) return '';
  return (asked.endsWith(path) ? asked.slice(0, -path.length) : asked).replace(/\/$/, '');
}

function answer(ctx: Context, { status, headers, body }: GateResponse): void {
  // The body comes first: one that is null makes Koa's status 204.
  ctx.body = body instanceof ReadableStream ? streamed(ctx, toNodeStream(body)) : body;
  ctx.status = status;
  writeHeaders(ctx.res, headers);
}

/** A stream that takes the answer with it when it breaks off: Koa 2 would leave the client waiting. */
function streamed(ctx: Context, body: Readable): Readable {
  const { res }: { res: ServerResponse } = ctx;
  const report = ctx.onerror.bind(ctx);
  // Koa would report a client that leaves an event stream as an error.
  ctx.onerror = (error) => {
    if ((error as NodeJS.ErrnoException | null)?.code !== 'ERR_STREAM_PREMATURE_CLOSE') report(error);
  };
  return body.once('close', () => {
    if (!body.readableEnded) res.destroy();
  });
}
