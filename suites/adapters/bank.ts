import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FlowView } from '@stepgate/core';
import type {
  Decision,
  GateOptions,
  Policy,
  RouteOptions,
  RoutePolicy,
  StepUp,
  StepUpStatus,
} from '@stepgate/server';
import { type Answer, type CallOptions, call } from '../http.ts';
import type { TestTenant, TestUser } from '../test-tenant.ts';

/** What Express's request and Koa's context have in common. */
export interface HostRequest {
  readonly headers: { readonly cookie?: string | undefined };
}

/** A guarded route, for every method. */
export interface BankRoute {
  readonly path: string;
  /** One guard each. */
  readonly policies: readonly RoutePolicy<HostRequest>[];
  /** One guard each, to which the handler hands the request on when it has answered. */
  readonly policiesBehind: readonly RoutePolicy<HostRequest>[];
  readonly options: RouteOptions;
  readonly handle: (stepUp: StepUp | undefined, gate: HandlerGate) => unknown;
}

/** The gate in the middle of a handler. */
export interface HandlerGate {
  check(policy: RoutePolicy<HostRequest>): Promise<Decision>;
  assert(policy: RoutePolicy<HostRequest>): Promise<StepUp | undefined>;
  status(): Promise<StepUpStatus | undefined>;
  revoke(): Promise<void>;
  revokeSubject(subject: string): Promise<void>;
}

/** What a handler does instead of the usual. */
export type Deed = (gate: HandlerGate) => unknown;

/** What an app's error handler knows about an error. */
export interface AppError extends Error {
  readonly status?: number;
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly details?: unknown;
}

/** The app that a host builds. */
export interface BankApp {
  readonly gateOptions: GateOptions<HostRequest>;
  readonly routes: readonly BankRoute[];
  /** Parsers of JSON and forms in front of the gate. */
  readonly parsesBodies: boolean;
  readonly trustsProxy: boolean;
  /** Who answers errors: the tests' handler, which records them, one that apps write, or the framework's own. */
  readonly errorsBy: 'tests' | 'app' | 'framework';
  /** Gets what the framework reports as an error. */
  readonly onAppError: (error: unknown) => void;
}

/** An app that is being served. */
export interface Served {
  readonly port: number;
  /** Breaks off open connections. */
  close(): Promise<void>;
  /** Stops as an app should: first the gate, then the server, which waits for its connections. */
  stop(): Promise<void>;
}

/** Builds the app with its framework and serves it on a free loopback port. */
export interface AdapterHost {
  listen(app: BankApp): Promise<Served>;
  /** Reads the JSON body and leaves it where policies of this host find it. */
  bodyOf(native: HostRequest): unknown;
  /** Whether the framework reads bodies itself, without a parser in front of the guard. */
  readonly readsBodies: boolean;
  /** Whether each handler parses the body itself, with a parser that it chooses. */
  readonly handlersParse: boolean;
  /** `false` where the host does not tell when the last byte of an answer is out. */
  readonly tellsLastByte?: boolean;
}

/** Serves an app on a free loopback port. `server` is not listening yet. */
export async function serve(server: Server, gate: { readonly close: () => Promise<void> }): Promise<Served> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const closed = (): Promise<unknown> => new Promise((resolve) => server.close(resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      void gate.close();
      server.closeAllConnections();
      await closed();
    },
    async stop() {
      await gate.close();
      await closed();
    },
  };
}

/** A signed-in browser or client. */
export interface Browser {
  readonly sessionCookie: string;
  readonly cookies: ReadonlyMap<string, string>;
  send(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** POST of JSON. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** A page load. */
  navigate(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** The requirement that a guarded route answers with. */
  requirement(path?: string): Promise<string>;
  /** Starts a flow for a route. */
  start(path?: string): Promise<FlowView>;
  view(): Promise<FlowView>;
  /** Sends one event, with the version of the current view. */
  event(event: Readonly<Record<string, unknown>>): Promise<Answer>;
  /** A second window: it starts with the same cookies, and then keeps its own. */
  copy(): Browser;
}

/** The app, its sessions, and what its handlers did. */
export interface Bank {
  readonly url: string;
  readonly sessions: Map<string, Session>;
  /** The paths whose handlers ran, in order. */
  readonly reached: string[];
  /** What the gate, or the framework, reported as an error. */
  readonly errors: unknown[];
  /** A browser in which the user is signed in. */
  browser(user?: TestUser): Promise<Browser>;
  /** A browser without a session. */
  stranger(): Browser;
  close(): Promise<void>;
  /** Stops gracefully. */
  stop(): Promise<void>;
}

/** What the app knows of a session. */
export interface Session {
  readonly user: TestUser;
  readonly loginId: string;
  refreshToken: string | undefined;
}

/** How a bank differs from the usual one. */
export interface BankOptions {
  readonly parsesBodies?: boolean;
  readonly trustsProxy?: boolean;
  readonly errorsBy?: BankApp['errorsBy'];
  readonly gateOptions?: Partial<GateOptions<HostRequest>>;
  /** Guarded routes besides {@link ROUTES}, by name. */
  readonly policies?: Readonly<
    Record<string, RoutePolicy<HostRequest> | readonly RoutePolicy<HostRequest>[]>
  >;
  /** Guards that run after the handlers of guarded routes, by name. */
  readonly behind?: Readonly<Record<string, readonly RoutePolicy<HostRequest>[]>>;
  /** Options of all guarded routes. */
  readonly route?: RouteOptions;
  /** Routes without a guard, by name. */
  readonly deeds?: Readonly<Record<string, Deed>>;
}

export const ROUTES = {
  transfers: { maxAge: '5m' },
  single: { maxAge: 0 },
  closing: { action: { id: 'close-7', title: 'Close account 7' } },
  otp: { factors: ['otp'] },
  released: { maxAge: 0 },
  keeping: { maxAge: '2d', keepTokens: true },
} as const satisfies Record<string, Policy>;

/** Routes that keep a refused form. */
const REPLAYED = { kept: { action: { id: 'order-9', title: 'Standing order 9' } } } as const satisfies Record<
  string,
  Policy
>;

/** Opens a bank in this host; `onClose` is given what ends it. */
export async function openBank(options: {
  readonly host: AdapterHost;
  readonly tenant: TestTenant;
  readonly bank?: BankOptions | undefined;
  readonly onClose: (close: () => Promise<void>) => void;
}): Promise<Bank> {
  const { host, tenant } = options;
  const {
    parsesBodies = false,
    trustsProxy = false,
    errorsBy = 'tests',
    gateOptions,
    policies,
    behind = {},
    route,
    deeds = {},
  } = options.bank ?? {};
  const sessions = new Map<string, Session>();
  const reached: string[] = [];
  const errors: unknown[] = [];
  const sessionOf = ({ headers }: HostRequest): Session | undefined =>
    sessions.get(/(?:^|; )sid=([\w-]+)/.exec(headers.cookie ?? '')?.[1] ?? '');

  const app = await host.listen({
    parsesBodies,
    trustsProxy,
    errorsBy,
    onAppError: (error) => errors.push(error),
    gateOptions: {
      provider: tenant.provider,
      secret: 'a secret of at least 32 characters, for tests',
      identify: (request) => {
        const session = sessionOf(request);
        return session && { subject: session.user.subject, sessionId: session.loginId };
      },
      firstLeg: {
        mfaToken: true,
        refreshToken: ({ request }) => sessionOf(request)?.refreshToken,
        saveRefreshToken: ({ request }, refreshToken) => {
          const session = sessionOf(request);
          if (session !== undefined) session.refreshToken = refreshToken;
        },
        password: { username: ({ request }) => sessionOf(request)?.user.username ?? '' },
      },
      onError: (error) => errors.push(error),
      ...gateOptions,
      testing: { clock: tenant.clock, random: () => 0.5, ...gateOptions?.testing },
    },
    routes: [
      ...Object.entries({ ...ROUTES, ...REPLAYED, ...policies }).map(([name, policy]) => ({
        path: `/${name}`,
        policies: [policy].flat(),
        policiesBehind: behind[name] ?? [],
        options: { replay: name in REPLAYED, ...route },
        handle: async (stepUp: StepUp | undefined) => {
          const isFree = typeof policy === 'function';
          if (stepUp === undefined && !isFree) throw new Error('a request came through without an approval');
          reached.push(`/${name}`);
          if (name === 'released') await stepUp?.release();
          if (name === 'keeping') {
            return { scope: stepUp?.tokens()?.scope, members: membersOf(stepUp?.tokens()) };
          }
          return { done: name, factor: stepUp?.approval.factor };
        },
      })),
      ...Object.entries(deeds).map(([name, deed]) => ({
        path: `/${name}`,
        policies: [],
        policiesBehind: [],
        options: {},
        handle: (_none: StepUp | undefined, gate: HandlerGate) => deed(gate),
      })),
    ],
  });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= app.close();
    return closed;
  };
  options.onClose(close);
  const url = `http://127.0.0.1:${app.port}`;

  return {
    url,
    sessions,
    reached,
    errors,
    close,
    stop: () => app.stop(),
    stranger: () => createBrowser(url, new Map()),
    async browser(user = tenant.ada) {
      const id = randomUUID();
      sessions.set(id, { user, loginId: randomUUID(), refreshToken: await tenant.signIn(user) });
      return createBrowser(url, new Map([['sid', id]]));
    },
  };
}

const membersOf = (tokens: object | undefined): readonly string[] => Object.keys(tokens ?? {});

const SAME_ORIGIN = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' };

function createBrowser(url: string, cookies: Map<string, string>): Browser {
  const browser: Browser = {
    sessionCookie: cookies.get('sid') ?? '',
    cookies,
    async send(method, path, { headers, body } = {}) {
      const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
      const answer = await call(method, url + path, {
        headers: { ...(cookie !== '' && { cookie }), ...SAME_ORIGIN, ...headers },
        body,
      });
      for (const text of answer.cookies) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? [];
        cookies.set(name, value);
      }
      return answer;
    },
    post: (path, body, headers) =>
      browser.send('POST', path, {
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    navigate: (path, headers) =>
      browser.send('GET', path, {
        headers: { accept: 'text/html', 'sec-fetch-mode': 'navigate', ...headers },
      }),
    async requirement(path = '/transfers') {
      const { step_up } = (await browser.post(path, {})).json<{ step_up: { requirement: string } }>();
      return step_up.requirement;
    },
    async start(path) {
      const requirement = await browser.requirement(path);
      return (await browser.post('/step-up/flow', { requirement })).json<FlowView>();
    },
    view: async () => (await browser.send('GET', '/step-up/flow')).json<FlowView>(),
    async event(event) {
      const { version } = await browser.view();
      return browser.post('/step-up/flow/events', event, { 'if-match': `"${version}"` });
    },
    copy: () => createBrowser(url, new Map(cookies)),
  };
  return browser;
}
