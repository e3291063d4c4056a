import { setImmediate } from 'node:timers/promises';
import { createEmulator, type Phone } from '@stepgate/emulator';
import { createManualClock, type ManualClock } from 'suites/manual-clock.ts';
import { signingKey } from 'suites/signing-key.ts';
import { createGate, createMemoryStore, type Gate, oidc, type Store } from '../../src/index.ts';
import type { HostRequest } from '../../src/request/host-request.ts';
import { createGateClient, type GateClient, SECRET, type TestNative } from './gate-client.ts';

/** A ping as the provider sends it. */
export interface Ping {
  readonly authorization: string;
  readonly body: { readonly auth_req_id: string };
}

/** A user who confirms on the phone at a provider that pings. */
export interface PingScene {
  readonly clock: ManualClock;
  readonly phone: Phone;
  readonly store: Store;
  /** What was asked of the store. */
  readonly asked: { read: number; write: number };
  /** The pings that the provider has sent. */
  readonly pings: readonly Ping[];
  /** The ping for each challenge, in their order, whether the provider has sent it or not. */
  readonly expected: readonly Ping[];
  /** When each poll was sent. */
  readonly polls: readonly number[];
  /** How many polls are under way. */
  readonly underWay: () => number;
  /** Holds back what the provider answers to requests of this kind. Returns a function that lets it go. */
  readonly hold: (kind: 'start' | 'poll') => () => void;
  /** Answers polls with 429, and the time to wait in seconds. */
  readonly refusePolls: (retryAfter: number) => void;
  readonly gate: Gate<TestNative>;
  readonly client: GateClient;
  /** Another process of the same app. `secret`: of another app. */
  readonly createGate: (options?: { readonly secret?: string; readonly ping?: boolean }) => Gate<TestNative>;
  /** Which gate the provider's pings go to; `undefined`: they get lost. */
  readonly deliverTo: (gate: Gate<TestNative> | undefined) => void;
  /** Sends a ping to a gate, and returns the status. */
  readonly ping: (
    ping: { readonly authorization?: string; readonly body?: unknown; readonly type?: string },
    gate?: Gate<TestNative>,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<number>;
  /** What the phone shows, typed into the page. */
  readonly typeCode: () => Promise<unknown>;
  /** Keeps a page open, as a browser does. Returns a function that closes it. */
  readonly watch: (client?: GateClient) => () => Promise<void>;
  /** Lets everything happen that has begun. */
  readonly settle: () => Promise<void>;
  /** Lets time pass in small steps, with everything done that falls due. */
  readonly pass: (ms: number) => Promise<void>;
}

const ENDPOINT = 'https://bank.test/step-up/ciba';
const CLIENT = { clientId: 'bank', clientSecret: 'client-secret' };

/** Opens the scene. */
export function createPingScene(): PingScene {
  const clock = createManualClock();
  const memory = createMemoryStore({ now: () => clock.now() });
  const asked = { read: 0, write: 0 };
  const pings: Ping[] = [];
  const expected: Ping[] = [];
  const polls: number[] = [];
  const held: Partial<Record<'start' | 'poll', Promise<void>>> = {};
  let underWay = 0;
  let retryAfter: number | undefined;
  let receiver: Gate<TestNative> | undefined;
  const store: Store = {
    ...memory,
    read(key) {
      asked.read += 1;
      return memory.read(key);
    },
    write(...write) {
      asked.write += 1;
      return memory.write(...write);
    },
  };

  const emulator = createEmulator({
    issuer: 'https://login.test/',
    clock,
    signingKey,
    users: [{ username: 'ada', password: 'correct-horse', factors: [{ factor: 'push' }] }],
    clients: [{ ...CLIENT, notificationEndpoint: ENDPOINT }],
    dialect: { cibaDelivery: 'ping', cibaLoginHint: 'any' },
    async fetch(_url, init) {
      const body = (await new Response(init.body ?? null).json()) as Ping['body'];
      const ping = { authorization: new Headers(init.headers).get('authorization') ?? '', body };
      pings.push(ping);
      const status = receiver === undefined ? 503 : await send(ping, receiver);
      return new Response(null, { status });
    },
  });
  const [user] = emulator.users();
  const subject = user?.sub ?? '';

  async function throughWire(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const request = new Request(input, init);
    const text = await request.clone().text();
    const isPoll = text.includes('auth_req_id');
    if (isPoll) {
      polls.push(clock.now());
      underWay += 1;
    }
    const response =
      isPoll && retryAfter !== undefined
        ? new Response(null, { status: 429, headers: { 'retry-after': String(retryAfter) } })
        : await emulator.handle(request);
    if (isPoll) await held.poll;
    if (request.url.includes('bc-authorize')) {
      const { auth_req_id } = (await response.clone().json()) as Ping['body'];
      const authorization = `Bearer ${new URLSearchParams(text).get('client_notification_token')}`;
      expected.push({ authorization, body: { auth_req_id } });
      await held.start;
    }
    if (isPoll) underWay -= 1;
    return response;
  }

  function open({ secret = SECRET, ping = true } = {}): Gate<TestNative> {
    const gate = createGate<TestNative>({
      provider: oidc({ issuer: emulator.issuer, ...CLIENT, ciba: { ping }, fetch: throughWire }),
      secret,
      store,
      tenantBudget: false,
      identify: ({ identity }) => identity,
      testing: { clock, random: () => 0.5 },
    });
    gate.mounted();
    return gate;
  }

  async function send(
    { authorization, body, type = 'application/json' }: Parameters<PingScene['ping']>[0],
    to: Gate<TestNative> = gate,
    more: Readonly<Record<string, string>> = {},
  ): Promise<number> {
    const headers = { 'content-type': type, ...(authorization !== undefined && { authorization }), ...more };
    const known = new Headers(headers);
    const request: HostRequest<TestNative> = {
      native: { identity: undefined },
      method: 'POST',
      url: '/step-up/ciba',
      protocol: 'https',
      host: 'bank.test',
      header: (name) => known.get(name) ?? undefined,
      forPolicy: () => ({ identity: undefined }),
      parsedBody: () => undefined,
      whenGone: () => {},
    };
    const text = typeof body === 'string' ? body : JSON.stringify(body ?? null);
    const web = (): Request => new Request(ENDPOINT, { method: 'POST', headers, body: text });
    const response = await to.endpoints(request, web);
    return response?.status ?? 0;
  }

  async function settle(): Promise<void> {
    for (let turns = 0; turns < 60; turns += 1) await setImmediate();
  }

  const gate = open();
  receiver = gate;
  const client = createGateClient({
    gate,
    identity: { subject, sessionId: 's' },
    policy: { action: { id: 'transfer-1', title: 'Pay 9 to Zoe' } },
  });
  const phone = emulator.phone('ada');

  return {
    clock,
    phone,
    store: memory,
    asked,
    pings,
    expected,
    polls,
    underWay: () => underWay,
    hold(kind) {
      const { promise, resolve } = Promise.withResolvers<void>();
      held[kind] = promise;
      return () => {
        delete held[kind];
        resolve();
      };
    },
    refusePolls(seconds) {
      retryAfter = seconds;
    },
    gate,
    client,
    createGate: open,
    deliverTo(to) {
      receiver = to;
    },
    ping: send,
    async typeCode() {
      const message = phone.notifications().at(-1)?.message ?? '';
      return client.event({ type: 'code.submit', code: message.slice(0, 4) });
    },
    watch(of = client) {
      const leaving = new AbortController();
      const { signal } = leaving;
      const watching = (async () => {
        let { version } = await of.view();
        while (!signal.aborted) {
          const { headers } = await of.send('GET', '/step-up/flow', {
            headers: { 'if-none-match': `"${version}"`, prefer: 'wait=25' },
            signal,
          });
          version = Number(/\d+/.exec(headers.get('etag') ?? '')?.[0] ?? version);
        }
      })();
      return async () => {
        leaving.abort();
        await watching;
      };
    },
    settle,
    async pass(ms) {
      const end = clock.now() + ms;
      while (clock.now() < end) {
        clock.advance(Math.min(500, end - clock.now()));
        await settle();
      }
    },
  };
}
