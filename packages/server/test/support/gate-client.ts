import type { FlowView } from '@stepgate/core';
import { type ReplacedParts, type TestTenant, withParts } from 'suites/test-tenant.ts';
import type { Gate } from '../../src/gate/gate.ts';
import { createGate } from '../../src/gate/gate.ts';
import type { GateOptions } from '../../src/gate/gate-options.ts';
import type { TestingOptions } from '../../src/gate/testing-options.ts';
import type { Decision } from '../../src/guard/decision.ts';
import type { Policy } from '../../src/policy/policy.ts';
import type { Identity } from '../../src/request/caller.ts';
import { type HostRequest, whenAborted } from '../../src/request/host-request.ts';

/** The host's own request of these tests: who is signed in, and the parsed body. */
export interface TestNative {
  readonly identity: Identity | undefined;
  readonly body?: unknown;
}

export const SECRET = 'a secret of at least 32 characters, for tests';

/** Options of a gate on a test tenant, with the parts of its provider that a test replaces. */
export type TestGateOptions = Partial<Omit<GateOptions<TestNative>, 'testing'>> & {
  readonly testing?: TestingOptions & ReplacedParts;
};

/** A gate on a test tenant, with the given differences; mounted, as an adapter would tell by the first request. */
export function createTestGate(
  tenant: TestTenant,
  {
    provider = tenant.provider,
    testing: { way, identityCheck, ...testing } = {},
    ...options
  }: TestGateOptions = {},
): Gate<TestNative> {
  const gate = createGate<TestNative>({
    // One poll at a time, at times that are easy to tell. What is eager says so.
    pollSchedule: 'steady',
    provider: withParts(provider, { way, identityCheck }),
    secret: SECRET,
    identify: ({ identity }) => identity,
    firstLeg: { password: { username: () => tenant.ada.username } },
    onError: () => {},
    testing: { clock: tenant.clock, random: () => 0.5, ...testing },
    ...options,
  });
  void gate.endpoints({ url: '/' } as HostRequest<TestNative>, () => new Request('http://localhost/'));
  return gate;
}

/** An answer of the endpoints. */
export interface GateAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

/** What goes with a request. */
export interface SendOptions {
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  /** Aborts when the client has gone. */
  readonly signal?: AbortSignal | undefined;
}

/** A browser that talks to a gate without a server between. */
export interface GateClient {
  readonly handle: string;
  send(method: string, path: string, options?: SendOptions): Promise<GateAnswer>;
  /** A GET whose answer is not read yet. */
  open(path: string, options?: SendOptions): Promise<Response>;
  requirement(): Promise<string>;
  start(): Promise<FlowView>;
  view(): Promise<FlowView>;
  event(event: Record<string, unknown>): Promise<FlowView>;
  /** What the guard of the route decides. `native`: the host's request, for several guards of the same one. */
  decide(url?: string, native?: TestNative): Promise<Decision>;
  /** A request of this browser, for the gate inside of a handler. */
  hostRequest(method: string, url: string, native: TestNative): HostRequest<TestNative>;
  /** Whether the guarded route lets the request through. */
  isAllowed(): Promise<boolean>;
  /** The same browser at another gate: another process of the same app. */
  at(gate: Gate<TestNative>): GateClient;
}

/** Makes a client with a handle of its own. */
export function createGateClient(options: {
  readonly gate: Gate<TestNative>;
  readonly identity: Identity;
  readonly handle?: string;
  readonly policy?: Policy;
}): GateClient {
  const { gate, identity, handle = 'h'.repeat(43), policy = { maxAge: '5m' } } = options;
  const guard = gate.guard(policy);

  function hostRequest(
    method: string,
    url: string,
    extra: Record<string, string> = {},
    {
      signal,
      native = { identity },
    }: { readonly signal?: AbortSignal | undefined; readonly native?: TestNative } = {},
  ): HostRequest<TestNative> {
    const headers = new Map(
      Object.entries({
        cookie: `stepgate=${handle}`,
        'sec-fetch-site': 'same-origin',
        'sec-fetch-mode': 'cors',
        'content-type': 'application/json',
        ...extra,
      }),
    );
    return {
      native,
      method,
      url,
      protocol: 'http',
      host: 'localhost',
      header: (name) => headers.get(name),
      forPolicy: () => native,
      parsedBody: () => native.body,
      whenGone: (callback) => signal && whenAborted(signal, callback),
    };
  }

  async function ask(
    method: string,
    path: string,
    { headers = {}, body, signal }: SendOptions = {},
  ): Promise<Response> {
    const request = hostRequest(method, path, headers, { signal });
    const response = await gate.endpoints(
      request,
      () =>
        new Request(`http://localhost${path}`, {
          method,
          headers: { 'content-type': request.header('content-type') ?? '' },
          body: body === undefined ? null : JSON.stringify(body),
        }),
    );
    if (response === undefined) throw new Error(`the gate has no endpoint ${path}`);
    return response;
  }

  const client: GateClient = {
    handle,
    open: (path, options) => ask('GET', path, options),
    async send(method, path, options) {
      const response = await ask(method, path, options);
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json') === true;
      return {
        status: response.status,
        headers: response.headers,
        text,
        body: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
      };
    },
    async requirement() {
      const decision = await guard(hostRequest('POST', '/transfers'));
      if (decision.isAllowed) throw new Error('there is an approval already');
      const { step_up } = JSON.parse(decision.response.body) as { step_up: { requirement: string } };
      return step_up.requirement;
    },
    async start() {
      const requirement = await client.requirement();
      const { body } = await client.send('POST', '/step-up/flow', { body: { requirement } });
      return body as unknown as FlowView;
    },
    view: async () => (await client.send('GET', '/step-up/flow')).body as unknown as FlowView,
    async event(event) {
      const { version } = await client.view();
      const answer = await client.send('POST', '/step-up/flow/events', {
        headers: { 'if-match': `"${version}"` },
        body: event,
      });
      return answer.body as unknown as FlowView;
    },
    decide: (url = '/transfers', native = { identity }) => guard(hostRequest('POST', url, {}, { native })),
    hostRequest: (method, url, native) => hostRequest(method, url, {}, { native }),
    isAllowed: async () => (await client.decide()).isAllowed,
    at: (other) => createGateClient({ gate: other, identity, handle, policy }),
  };
  return client;
}
