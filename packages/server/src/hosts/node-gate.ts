import type { IncomingMessage, ServerResponse } from 'node:http';
import { type StepUpError, systemClock } from '@stepgate/core';
import { createGate } from '../gate/gate.ts';
import type { GateOptions } from '../gate/gate-options.ts';
import { createNativeGate, type NativeGate } from '../gate/native-gate.ts';
import type { StepUp } from '../guard/decision.ts';
import type { GuardEntry } from '../guard/guard.ts';
import { policyOf } from '../policy/policy.ts';
import type { RequireArguments } from '../policy/route-options.ts';
import type { HostBody } from '../request/form-body.ts';
import { type HostRequest, type HostResponse, isUnder, pathOf } from '../request/host-request.ts';
import { withGuardedBody } from './guarded-body.ts';
import { misplaced, outOfReach } from './misplaced.ts';
import { type NodeRequest, toHostBody, toWebRequest } from './node-body.ts';
import { isOpen, keepOutOfCaches, whenGone, writeHeaders } from './node-response.ts';
import { createOpenAnswers } from './open-answers.ts';

/**
 * How a framework on `node:http` shows a request, which is all an adapter has to provide. `Native` is what its
 * middleware gets: Express's `req`, Koa's `ctx`. The functions run for every guarded request, so keep them cheap.
 */
export interface NodeHost<Native extends object> {
  /** Node's own request. */
  req(native: Native): IncomingMessage;
  /** The path and query that the client asked for, before any router cut a prefix off. */
  url(native: Native): string;
  /** `http` or `https`; the app decides which proxy to trust. */
  protocol(native: Native): string;
  /** Host and port; the app decides which proxy to trust. */
  host(native: Native): string;
  /**
   * The object on which body parsers leave `body`, `file` and `files`. As long as no parser has read the body, it must
   * have no member `body` at all: then a policy that reads one is an error of the wiring. Bytes, streams and collections
   * may stay: a policy that reads a member which they do not have is refused. `file` and `files` hold what was uploaded;
   * an empty file input is no file.
   */
  parsed(native: Native): object;
  /** The same request with another object in place of {@link NodeHost.parsed}, for policies to read. */
  withParsed(native: Native, parsed: object): Native;
  /**
   * Lists of this request's handlers that run one directly after the other, as `[[session, guard, guard, handler]]`. Only
   * guards that are neighbours here give back what they have used when a later one refuses; `[]` where the framework does
   * not tell.
   */
  handlerChains(native: Native): readonly (readonly unknown[])[];
  /**
   * Whether the gate stands where requests for `basePath` reach it, rather than among the handlers of a route or under
   * another path. `self` is the gate as the adapter's user mounts it. Return true where the adapter registers routes and
   * calls {@link NodeGate.mounted}.
   */
  isMounted(native: Native, basePath: string, self: unknown): boolean;
  /**
   * The prefix of paths on which a guard stands, where the framework tells; `undefined` for one on a route, or in a router
   * together with its routes. It is asked at the first request of each guard, and the gate reports it. `self` is the
   * guard, `next` what the framework runs after it.
   */
  guardedPrefix?(native: Native, self: unknown, next: unknown): string | undefined;
}

/** What becomes of a guarded request: the response that refuses it, or the approval for its handler. */
export type GuardResult =
  | { readonly response: HostResponse; readonly error: StepUpError; readonly stepUp?: undefined }
  | { readonly response?: undefined; readonly error?: undefined; readonly stepUp?: StepUp };

/** A gate for frameworks on `node:http`. Their adapters build on it. */
export interface NodeGate<Native> {
  readonly basePath: string;
  /** What the adapter's gate offers inside handlers. */
  readonly inHandlers: NativeGate<Native>;
  /**
   * Answers requests under the base path; `undefined` for everything else.
   *
   * Answer 404 to an `undefined` in a route of your own: the gate reads the path as it was sent.
   *
   * @param self The adapter's middleware; `undefined` where it registers routes.
   * @throws TypeError when `self` is used as a guard.
   */
  respond(native: Native, res: ServerResponse, self: unknown): Promise<Response | undefined>;
  /**
   * For adapters that register {@link NodeGate.respond} as routes, to say so. `prefix`: of the paths where they do.
   *
   * @throws TypeError when requests for the base path do not arrive there.
   */
  mounted(prefix: string): void;
  /**
   * Makes a guard out of the arguments of `gate.require`: send its response, if it gives one. What a guarded handler
   * answers is kept out of caches, unless the handler says otherwise.
   *
   * Where the app's own error handler answers, the guard writes the error's headers and rejects with the `StepUpError`.
   *
   * The guard takes `self`, the adapter's middleware that asks: the very function that stands in the chain of handlers. And
   * `next`, what the framework runs after it.
   *
   * @throws TypeError when the policy or an option is wrong.
   */
  guard(
    ...args: RequireArguments<Native>
  ): (native: Native, res: ServerResponse, self: unknown, next?: unknown) => Promise<GuardResult>;
}

/** Makes it. */
export function createNodeGate<Native extends object>(
  options: GateOptions<Native>,
  host: NodeHost<Native>,
): NodeGate<Native> {
  const gate = createGate(options);
  const { basePath } = gate;
  const answers = createOpenAnswers(options.testing?.clock ?? systemClock);

  return {
    basePath,
    inHandlers: {
      ...createNativeGate(gate, (native) => new NodeHostRequest(native, host)),
      async close() {
        await gate.close();
        await answers.written();
      },
    },
    async respond(native, res, self) {
      const request = new NodeHostRequest(native, host, res);
      if (isUnder(pathOf(request), basePath)) answers.add((callback) => whenGone(res, callback));
      const response = await gate.endpoints(request, () => toWebRequest(request.node()));
      if (response === undefined && !host.isMounted(native, basePath, self)) throw misplaced(basePath);
      return response;
    },
    mounted(prefix) {
      if (!isUnder(basePath, prefix)) throw outOfReach(basePath, prefix);
      gate.mounted();
    },
    guard(...args) {
      const guard = gate.guard(policyOf(args), args[1]);
      let isPlaceKnown = false;

      function lookAtPlace(native: Native, self: unknown, next: unknown): void {
        isPlaceKnown = true;
        const prefix = host.guardedPrefix?.(native, self, next);
        if (prefix !== undefined) gate.guardsPrefix(prefix);
      }

      return async (native, res, self, next) => {
        if (!isPlaceKnown) lookAtPlace(native, self, next);
        // If something else has sent the response, whatever was used for it stays used.
        const request = new NodeHostRequest(native, host, res, res.headersSent ? undefined : self);
        const verdict = await guard(request, request);
        if (verdict.isAllowed) keepOutOfCaches(res);
        else if (verdict.isForApp && isOpen(res)) {
          // The framework's own error handler may drop them and take the error's. The app's may need them.
          writeHeaders(res, verdict.error.headers);
          throw verdict.error;
        }
        return verdict;
      };
    },
  };
}

/**
 * A request, and what its guard asks of the host. A class: a literal with getters costs a microsecond, and every guarded
 * request makes one.
 */
class NodeHostRequest<Native extends object> implements HostRequest<Native>, GuardEntry {
  readonly native: Native;
  readonly method: string;
  readonly url: string;
  readonly self: unknown;
  readonly #host: NodeHost<Native>;
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse | undefined;
  // Frameworks work these out at each call.
  #protocol: string | undefined;
  #hostName: string | undefined;

  constructor(native: Native, host: NodeHost<Native>, res?: ServerResponse, self?: unknown) {
    this.#host = host;
    this.#req = host.req(native);
    this.#res = res;
    this.native = native;
    this.method = this.#req.method ?? 'GET';
    this.url = host.url(native);
    this.self = self;
  }

  get protocol(): string {
    this.#protocol ??= this.#host.protocol(this.native);
    return this.#protocol;
  }

  get host(): string {
    this.#hostName ??= this.#host.host(this.native);
    return this.#hostName;
  }

  header(name: string): string | undefined {
    const value = this.#req.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  forPolicy(): Native {
    const parsed = this.#host.parsed(this.native);
    const guarded = withGuardedBody(parsed, this.#req);
    return guarded === parsed ? this.native : this.#host.withParsed(this.native, guarded);
  }

  parsedBody(): unknown {
    const { body } = withGuardedBody(this.#host.parsed(this.native), this.#req) as {
      readonly body?: unknown;
    };
    return body;
  }

  whenGone(callback: () => void): void {
    if (this.#res) whenGone(this.#res, callback);
  }

  chains(): readonly (readonly unknown[])[] {
    return this.#host.handlerChains(this.native);
  }

  body(): HostBody {
    const { file, files } = this.#host.parsed(this.native) as { file?: unknown; files?: unknown };
    return toHostBody({ ...this.node(), files: [file, files] });
  }

  node(): NodeRequest {
    const { protocol, host, url } = this;
    const { body: parsedBody } = this.#host.parsed(this.native) as { body?: unknown };
    // Only `check` and similar calls have no response, and they read no body.
    return { req: this.#req, res: this.#res as ServerResponse, protocol, host, url, parsedBody };
  }
}
