import { systemClock } from '@stepgate/core';
import { createGate } from './gate/gate.ts';
import type { GateOptions } from './gate/gate-options.ts';
import { createNativeGate, type NativeGate } from './gate/native-gate.ts';
import type { StepUp } from './guard/decision.ts';
import { withGuardedBody } from './hosts/guarded-body.ts';
import { createOpenAnswers } from './hosts/open-answers.ts';
import { policyOf, type RoutePolicy } from './policy/policy.ts';
import type { RouteOptions } from './policy/route-options.ts';
import { type HostRequest, isUnder, pathOf, whenAborted } from './request/host-request.ts';
import { isOrigin } from './request/same-origin.ts';

/** Options of {@link createWebGate}. `Native` is what the app's functions see of a request: Hono's `c`, say. */
export interface WebGateOptions<Native extends object = Request> extends GateOptions<Native> {
  /** Finds the web-standard request in the host's own. Needed where that is not the request itself. */
  readonly requestOf?: (native: Native) => Request;
  /**
   * The origin that browsers see, `https://bank.example`, where a proxy that ends TLS hides it from the request's
   * own URL; as a function where it depends on the request.
   */
  readonly origin?: string | ((native: Native) => string);
  /**
   * Calls back when the client has gone or the answer is out, at once if that is so already. Where a host can tell
   * both, `gate.close()` waits for the last bytes of the gate's answers. Default: the `signal` of the request, which
   * tells only of the client.
   */
  readonly whenGone?: (native: Native, callback: () => void) => void;
}

/** The guard of a handler: the response that refuses, or the approval; `undefined` where the policy asks for none. */
export type WebGuard<Native> = (native: Native) => Promise<Response | StepUp | undefined>;

/** Step-up for hosts that speak `Request` and `Response`. */
export interface WebGate<Native = Request> extends NativeGate<Native> {
  /** Answers requests under the base path; `undefined` for everything else. */
  respond(native: Native): Promise<Response | undefined>;
  /**
   * A guard: call it at the beginning of the handler, and return the response if it gives one.
   *
   * @example
   * const stepUp = await guard(request);
   * if (stepUp instanceof Response) return stepUp;
   *
   * @throws TypeError when the policy or an option is wrong.
   */
  require(): WebGuard<Native>;
  require(policy: RoutePolicy<Native>, options?: RouteOptions): WebGuard<Native>;
}

/**
 * Makes a gate for web-standard hosts on Node: Hono, Fastify with a few lines, any `(request: Request) => Response`.
 *
 * @example
 * const gate = createWebGate<Context>({ requestOf: (c) => c.req.raw, auth0, secret, identify, firstLeg });
 * app.use(async (c, next) => (await gate.respond(c)) ?? next());
 *
 * @throws TypeError naming the option that is wrong.
 */
export function createWebGate<Native extends object = Request>(
  options: WebGateOptions<Native>,
): WebGate<Native> {
  const { requestOf = (native) => native as Request & Native, origin, whenGone, ...gateOptions } = options;
  if (typeof requestOf !== 'function') throw new TypeError('requestOf: must be a function');
  if (whenGone !== undefined && typeof whenGone !== 'function') {
    throw new TypeError('whenGone: must be a function');
  }
  if (origin !== undefined && typeof origin !== 'function') assertOrigin(origin);
  const gate = createGate<Native>(gateOptions);
  const answers = createOpenAnswers(options.testing?.clock ?? systemClock);

  function originOf(native: Native): string | undefined {
    if (typeof origin !== 'function') return origin;
    const told = origin(native);
    assertOrigin(told);
    return told;
  }

  function hostRequest(native: Native): HostRequest<Native> {
    const request = requestOf(native);
    const url = new URL(request.url);
    const { protocol, host } = new URL(originOf(native) ?? url);
    return {
      native,
      method: request.method,
      url: url.pathname + url.search,
      protocol: protocol.slice(0, -1),
      host,
      header: (name) => request.headers.get(name) ?? undefined,
      // What a policy reads of a body must be there for the handler too.
      forPolicy: () =>
        native instanceof Request ? (native.clone() as Request & Native) : withGuardedBody(native),
      whenGone(callback) {
        if (whenGone !== undefined) whenGone(native, callback);
        else whenAborted(requestOf(native).signal, callback);
      },
    };
  }

  return {
    async respond(native) {
      const request = hostRequest(native);
      const isOurs = isUnder(pathOf(request), gate.basePath);
      if (isOurs && whenGone !== undefined) answers.add((callback) => whenGone(native, callback));
      return gate.endpoints(request, () => requestOf(native));
    },
    require(...args: readonly [policy?: RoutePolicy<Native>, options?: RouteOptions]) {
      const guard = gate.guard(policyOf(args), args[1]);
      return async function requireStepUp(native) {
        const decision = await guard(hostRequest(native), () => ({ raw: requestOf(native).clone() }));
        if (decision.isAllowed) return decision.stepUp;
        if (decision.isForApp) throw decision.error;
        const { status, headers, body } = decision.response;
        return new Response(body === '' ? null : body, { status, headers });
      };
    },
    ...createNativeGate(gate, hostRequest),
    async close() {
      await gate.close();
      await answers.written();
    },
  };
}

function assertOrigin(text: unknown): void {
  if (isOrigin(text)) return;
  throw new TypeError("origin: must be an origin, like 'https://bank.example'");
}
