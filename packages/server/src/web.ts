import type { ServerResponse } from 'node:http';
import { systemClock } from '@stepgate/core';
import { createGate } from './gate/gate.ts';
import type { GateOptions } from './gate/gate-options.ts';
import { createNativeGate, type NativeGate } from './gate/native-gate.ts';
import type { StepUp } from './guard/decision.ts';
import { misplaced } from './hosts/misplaced.ts';
import { whenGone } from './hosts/node-response.ts';
import { createOpenAnswers } from './hosts/open-answers.ts';
import { parseWebBody } from './hosts/web-body.ts';
import { policyOf } from './policy/policy.ts';
import type { RequireArguments } from './policy/route-options.ts';
import { type HostRequest, isUnder, pathOf, whenAborted } from './request/host-request.ts';
import { isOrigin } from './request/same-origin.ts';

export { isRepeatable, NOT_KEPT } from './hosts/node-response.ts';

/** Options of {@link createWebGate}. `Native` is what the app's functions see of a request: Hono's `c`, say. */
export interface WebGateOptions<Native = Request> extends GateOptions<Native> {
  /**
   * The origin that browsers see, `https://bank.example`, where a proxy that ends TLS hides it from the request's
   * own URL. Use a function where it depends on the request.
   */
  readonly origin?: string | ((native: Native) => string);
}

/** How a framework that speaks `Request` and `Response` shows a request: what an adapter has to say of it. */
export interface WebHost<Native extends object> {
  /** The web-standard request. */
  request(native: Native): Request;
  /** A request whose body can be read, also when the app has read it. */
  readable(native: Native): Request | Promise<Request>;
  /** The request for policies to read. What they read of a body must be there for the handler too. */
  forPolicy(native: Native): Native;
  /** Lists of handlers that run one directly after the other, this request's. */
  handlerChains(native: Native): readonly (readonly unknown[])[];
  /**
   * Whether the middleware that runs now stands where requests for `basePath` reach it, rather than among the handlers
   * of a route or under another path.
   */
  isMounted(native: Native, basePath: string): boolean;
  /**
   * The prefix of paths on which the guard stands that runs now, where the framework tells; `undefined` for one on a route,
   * or in a router together with its routes. It is asked at the first request of each guard, and the gate reports it.
   */
  guardedPrefix?(native: Native): string | undefined;
  /**
   * Node's response behind the request, where there is one. It tells when an answer is out, for which `gate.close()`
   * waits, and when the client has gone. Without it the `signal` of the request tells the latter.
   */
  nodeResponse?(native: Native): ServerResponse | undefined;
}

/** The guard of a handler: the response that refuses, or the approval; `undefined` where the policy asks for none. */
export type WebGuard<Native> = (native: Native, self?: unknown) => Promise<Response | StepUp | undefined>;

/** Step-up for hosts that speak `Request` and `Response`. */
export interface WebGate<Native = Request> extends NativeGate<Native> {
  readonly basePath: string;
  /**
   * Answers requests under the base path; `undefined` for everything else.
   *
   * @throws TypeError when the gate stands in a guard's place, as far as the host can tell.
   */
  respond(native: Native): Promise<Response | undefined>;
  /**
   * A guard: call it at the beginning of the handler, and return the response if it gives one. Adapters also pass the
   * middleware that asks (`self`). Answer a guarded request with `Cache-Control: no-store`, as adapters do by default.
   *
   * @example
   * const stepUp = await guard(request);
   * if (stepUp instanceof Response) return stepUp;
   *
   * @throws TypeError when the policy or an option is wrong.
   */
  require(...args: RequireArguments<Native>): WebGuard<Native>;
}

/** Requests without a framework. */
const PLAIN: WebHost<Request> = {
  request: (request) => request,
  readable: (request) => request.clone(),
  forPolicy: (request) => request.clone(),
  handlerChains: () => [],
  isMounted: () => true,
};

/**
 * Makes a gate for web-standard hosts on Node: any `(request: Request) => Response`, or with a `host` the adapter of a
 * framework that is made of such.
 *
 * @example
 * const gate = createWebGate({ provider, secret, identify, firstLeg });
 * const answer = (await gate.respond(request)) ?? (await handle(request));
 *
 * @throws TypeError naming the option that is wrong.
 */
export function createWebGate(options: WebGateOptions): WebGate;
export function createWebGate<Native extends object>(
  options: WebGateOptions<Native>,
  host: WebHost<Native>,
): WebGate<Native>;
export function createWebGate<Native extends object>(
  options: WebGateOptions<Native>,
  host: WebHost<Native> = PLAIN as unknown as WebHost<Native>,
): WebGate<Native> {
  const { origin, ...gateOptions } = options;
  if (origin !== undefined && typeof origin !== 'function') assertOrigin(origin);
  const gate = createGate<Native>(gateOptions);
  const { basePath } = gate;
  const answers = createOpenAnswers(options.testing?.clock ?? systemClock);

  function originOf(native: Native): string | undefined {
    if (typeof origin !== 'function') return origin;
    const told = origin(native);
    assertOrigin(told);
    return told;
  }

  function hostRequest(native: Native): HostRequest<Native> {
    const request = host.request(native);
    const url = new URL(request.url);
    const { protocol, host: authority } = new URL(originOf(native) ?? url);
    return {
      native,
      method: request.method,
      url: url.pathname + url.search,
      protocol: protocol.slice(0, -1),
      host: authority,
      header: (name) => request.headers.get(name) ?? undefined,
      forPolicy: () => host.forPolicy(native),
      parsedBody: async () => parseWebBody(await host.readable(native)),
      whenGone(callback) {
        const res = host.nodeResponse?.(native);
        if (res) whenGone(res, callback);
        else whenAborted(request.signal, callback);
      },
    };
  }

  return {
    ...createNativeGate(gate, hostRequest),
    basePath,
    async close() {
      await gate.close();
      await answers.written();
    },
    async respond(native) {
      const request = hostRequest(native);
      const res = host.nodeResponse?.(native);
      if (res && isUnder(pathOf(request), basePath)) answers.add((callback) => whenGone(res, callback));
      const response = await gate.endpoints(request, () => host.readable(native));
      if (response === undefined && !host.isMounted(native, basePath)) throw misplaced(basePath);
      return response;
    },
    require(...args: RequireArguments<Native>) {
      const guard = gate.guard(policyOf(args), args[1]);
      let isPlaceKnown = false;

      function lookAtPlace(native: Native): void {
        isPlaceKnown = true;
        const prefix = host.guardedPrefix?.(native);
        if (prefix !== undefined) gate.guardsPrefix(prefix);
      }

      return async function requireStepUp(native, self) {
        if (!isPlaceKnown) lookAtPlace(native);
        const verdict = await guard(hostRequest(native), {
          self,
          chains: () => host.handlerChains(native),
          body: async () => ({ raw: await host.readable(native) }),
        });
        if (verdict.isAllowed) return verdict.stepUp;
        if (verdict.isForApp) throw verdict.error;
        const { status, headers, body: text } = verdict.response;
        return new Response(text === '' ? null : text, { status, headers });
      };
    },
  };
}

function assertOrigin(text: unknown): void {
  if (isOrigin(text)) return;
  throw new TypeError("origin: must be an origin, like 'https://bank.example'");
}
