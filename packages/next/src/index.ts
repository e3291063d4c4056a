import {
  errorResponse,
  isStepUpError,
  type NativeGate,
  type Policy,
  type RouteOptions,
  type RoutePolicy,
  type StepUp,
  StepUpError,
} from '@stepgate/server';
import {
  createWebGate,
  NOT_KEPT,
  type WebGate,
  type WebGateOptions,
  type WebGuard,
  type WebHost,
} from '@stepgate/server/web';
import { headers } from 'next/headers.js';
import { redirect } from '#navigation';
import { withoutFilledIn } from './forwarded-headers.ts';
import { oncePerProcess } from './once-per-process.ts';
import type { RefusedAction } from './refused-action.ts';
import { inRequestScope } from './request-scope.ts';

export * from '@stepgate/server';
export { isRefusedAction, type RefusedAction } from './refused-action.ts';

/** Options of {@link createGate}: those of the server package, with the web-standard request. */
export interface NextGateOptions extends Omit<WebGateOptions, 'basePath' | 'mode' | 'origin'> {
  /**
   * The origin that browsers see, `https://bank.example`, or a function of the request that knows it. It is required:
   * Next.js shows its own address to route handlers, and takes forwarded headers from any client.
   */
  readonly origin: NonNullable<WebGateOptions['origin']>;
}

/** Where the gate is. */
export interface NextGatePaths {
  /** The folder of the catch-all route. Default `/step-up`. */
  readonly basePath?: string;
  /** The `basePath` of `next.config`, like `/shop`: Next.js hides it from route handlers. Default none. */
  readonly appBasePath?: string;
}

/** The handlers of the catch-all route at the base path. */
export type StepUpHandlers = Readonly<
  Record<
    'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS',
    (request: Request) => Promise<Response>
  >
>;

/** The policy of a Server Action, or a function of its arguments that gives one. Only `false` means no step-up. */
export type ActionPolicy<A extends readonly unknown[]> =
  | Policy<Request>
  | ((...args: A) => Policy<Request> | false | Promise<Policy<Request> | false>);

/** Step-up for the App Router of Next.js. */
export interface NextGate extends NativeGate<Request> {
  /** For `app/step-up/[[...path]]/route.ts`: the page and the endpoints. Export all of them. */
  readonly handlers: StepUpHandlers;
  /**
   * Guards a route handler, which gets the approval as its third argument. A `StepUpError` that the handler throws, as
   * `gate.assert` does, becomes the response.
   *
   * A wrong policy or option is a TypeError at the first request.
   */
  route<R extends Request, C>(
    policy: RoutePolicy<Request>,
    handler: (request: R, context: C, stepUp: StepUp | undefined) => Response | Promise<Response>,
    options?: RouteOptions,
  ): (request: R, context: C) => Promise<Response>;
  /**
   * Guards a Server Action, which gets the approval as its first argument. A refused action does not run and returns a
   * {@link RefusedAction}; `@stepgate/next/client` answers it with the dialog. A form that was posted without
   * JavaScript goes to the page, and from there back to the form.
   *
   * The action throws a StepUpError for faults: `misconfigured` (500), `store_unavailable` (503).
   */
  stepUpAction<A extends readonly unknown[], T>(
    policy: ActionPolicy<A>,
    act: (stepUp: StepUp | undefined, ...args: A) => Promise<T>,
  ): (...args: A) => Promise<T | RefusedAction>;
  /**
   * Guards a page: without an approval the user is sent to the step-up, and from there to `returnTo`. It leaves
   * single-use approvals unused, since rendering a page is not the act that they are for.
   *
   * @throws StepUpError `login_required` (401) when nobody is signed in and there is no `loginUrl`, and for faults.
   */
  page(policy: RoutePolicy<Request>, returnTo: string): Promise<StepUp | undefined>;
  /** The request in a Server Action or a page, for `check`, `assert`, `status` and `revoke`. It has no body. */
  request(): Promise<Request>;
}

/**
 * Makes the gate of a Next.js app. It reads its options at the first request, and there is one gate per base path in a
 * process: Next.js loads modules at build time, and separately for route handlers and for pages.
 *
 * @example
 * // stepgate.ts
 * export const stepgate = createGate(() => ({ origin: 'https://bank.example', auth0, secret, identify, firstLeg }));
 * // app/step-up/[[...path]]/route.ts
 * export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = stepgate.handlers;
 */
export function createGate(
  readOptions: () => NextGateOptions,
  { basePath: folder = '/step-up', appBasePath = '' }: NextGatePaths = {},
): NextGate {
  const basePath = appBasePath + folder;
  const made = oncePerProcess(basePath, () => {
    const options = readOptions();
    const identify = inRequestScope(options.identify);
    const host = { ...HOST, request: (native: Request) => withoutFilledIn(native, appBasePath) };
    const built = createWebGate<Request>({ ...options, basePath, identify }, host);
    return { options, gate: built, isClosing: false };
  });
  const gate = (): WebGate<Request> => made.get().gate;

  async function respond(request: Request): Promise<Response> {
    const response = (await gate().respond(request)) ?? new Response(null, { status: 404 });
    // A server that stops goes on with the connections it has, and a page in a browser would keep one busy.
    if (made.get().isClosing) response.headers.set('connection', 'close');
    return response;
  }

  /** Leaves for the page, by its whole address: Next.js puts an app's own `basePath` before a path. */
  function leaveFor(location: string, request: Request): never {
    const { origin } = made.get().options;
    redirect(new URL(location, typeof origin === 'function' ? origin(request) : origin).href);
  }

  return {
    check: async (request, ...policy) => gate().check(request, ...policy),
    assert: async (request, ...policy) => gate().assert(request, ...policy),
    flow: async (request, refusal) => gate().flow(request, refusal),
    link: async (request, refusal) => gate().link(request, refusal),
    status: async (request) => gate().status(request),
    revoke: async (request) => gate().revoke(request),
    revokeSubject: async (subject) => gate().revokeSubject(subject),
    async close() {
      const value = made.peek();
      if (value === undefined) return;
      value.isClosing = true;
      await value.gate.close();
    },
    request: () => requestOf('POST', '/'),
    handlers: {
      GET: respond,
      HEAD: respond,
      POST: respond,
      PUT: respond,
      PATCH: respond,
      DELETE: respond,
      OPTIONS: respond,
    },
    route(policy, handler, options) {
      let guard: WebGuard<Request> | undefined;
      return async function guardedRoute(request, context) {
        enterRoute(request, guardedRoute, handler);
        guard ??= gate().require(policy, options);
        const stepUp = await guard(request, guardedRoute);
        if (stepUp instanceof Response) return stepUp;
        try {
          return notKept(await handler(request, context, stepUp));
        } catch (error) {
          if (!isStepUpError(error)) throw error;
          const { body, ...init } = errorResponse(error);
          return new Response(body, init);
        }
      };
    },
    stepUpAction(policy, act) {
      return async function guardedAction(...args) {
        const request = await requestOf('POST', '/');
        const ofCall = typeof policy === 'function' ? () => policy(...args) : policy;
        const isForm = !request.headers.has('next-action');
        const stepUp = await gate().require(ofCall, { answer: isForm ? 'page' : 'api' })(request);
        if (!(stepUp instanceof Response)) return act(stepUp, ...args);
        const location = stepUp.headers.get('location');
        if (location !== null) leaveFor(location, request);
        return refusedAction(stepUp);
      };
    },
    async page(policy, returnTo) {
      const request = await requestOf('GET', returnTo, PAGE_LOAD);
      const decision = await gate().check(request, policy);
      if (decision.isAllowed) return decision.stepUp;
      const { location } = decision.response.headers;
      if (location === undefined) throw decision.error;
      return leaveFor(location, request);
    },
  };
}

const HOST: Omit<WebHost<Request>, 'request'> = {
  readable: (request) => request.clone(),
  forPolicy: (request) => (request.bodyUsed ? request : request.clone()),
  handlerChains: (request) => [entered.get(request)?.chain ?? []],
  isMounted: () => true,
};

/** The guarded routes that a request has entered, each the handler of the one before it. */
const entered = new WeakMap<Request, { readonly chain: readonly unknown[]; readonly next: unknown }>();

function enterRoute(request: Request, route: unknown, next: unknown): void {
  const { chain, next: awaited } = entered.get(request) ?? { chain: [], next: undefined };
  entered.set(request, { chain: awaited === route ? [...chain, route] : [route], next });
}

/** The router of Next.js loads pages by `fetch`. */
const PAGE_LOAD = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };

/** The request in an action or a page, of which Next.js shows the headers. Its host is for nobody to read. */
async function requestOf(
  method: string,
  path: string,
  others: Readonly<Record<string, string>> = {},
): Promise<Request> {
  const told = new Headers(await headers());
  for (const [name, value] of Object.entries(others)) told.set(name, value);
  return new Request(new URL(path, 'http://localhost'), { method, headers: told });
}

function notKept(response: Response): Response {
  if (response.headers.has(NOT_KEPT[0])) return response;
  // The headers of some responses cannot be set.
  const copy = new Response(response.body, response);
  copy.headers.set(...NOT_KEPT);
  return copy;
}

async function refusedAction(response: Response): Promise<RefusedAction> {
  const body = (await response.json()) as RefusedAction['stepUpRefused']['body'];
  const { status } = response;
  if (status >= 500) {
    const code = body.error as StepUpError['code'];
    throw new StepUpError(code, body.error_description, { status });
  }
  return { stepUpRefused: { status, body } };
}
