import { setImmediate } from 'node:timers/promises';
import { isRecordKey } from 'suites/record-key.ts';
import { createTestTenant, POLL_MS, type TestTenant } from 'suites/test-tenant.ts';
import { createMemoryStore, type Gate, type Identity, type Json, type Store } from '../../src/index.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { type HostRequest, whenAborted } from '../../src/request/host-request.ts';
import { createGateClient, createTestGate, type GateClient, SECRET, type TestNative } from './gate-client.ts';

/** A store whose content can be seen, changed and put back. */
export interface OpenStore extends Store {
  keys(): readonly string[];
  valueOf(key: string): Json | undefined;
  put(key: string, value: Json): Promise<void>;
  /** What is there now, to be put back later. */
  snapshot(): ReadonlyMap<string, Json>;
  restore(snapshot: ReadonlyMap<string, Json>): Promise<void>;
}

/** One request as it is, with nothing added. */
export interface Knock {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly identity?: Identity | undefined;
  readonly host?: string;
  readonly protocol?: string;
}

/** What it is answered. */
export interface KnockAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** A gate with a few users on it, and everything that somebody could hold against it. */
export interface HostileWorld {
  readonly tenant: TestTenant;
  readonly store: OpenStore;
  readonly gate: Gate<TestNative>;
  /** The owner, in a browser of hers. */
  readonly ada: Identity;
  readonly browser: GateClient;
  /** Other browsers: of another user, and of another login of the owner's. */
  readonly strangers: readonly GateClient[];
  /** What the gate has told its operator. */
  readonly errors: readonly unknown[];
  clientOf(identity: Identity, handle: string, policy?: Policy): GateClient;
  /** Starts a flow and lets the push be approved. */
  approve(browser: GateClient, username?: string): Promise<void>;
  /** Asks an endpoint. */
  knock(knock: Knock): Promise<KnockAnswer>;
  /** Asks the guarded route. */
  pass(knock: Knock): Promise<{ readonly isAllowed: boolean; readonly status: number }>;
}

/** The handles of the browsers. */
export const HANDLE = `${'a'.repeat(42)}A`;
const STRANGERS_HANDLE = `${'g'.repeat(42)}A`;
const OTHER_HANDLE = `${'o'.repeat(42)}A`;

function openStore(now: () => number): OpenStore {
  const memory = createMemoryStore({ now });
  const values = new Map<string, Json>();
  const store: OpenStore = {
    ...memory,
    async write(key, value, options) {
      const version = await memory.write(key, value, options);
      if (version !== undefined) values.set(key, structuredClone(value));
      return version;
    },
    async delete(key) {
      await memory.delete(key);
      values.delete(key);
    },
    keys: () => [...values.keys()],
    valueOf: (key) => values.get(key),
    async put(key, value) {
      const ifVersion = (await memory.read(key))?.version ?? 0;
      await store.write(key, value, { ifVersion, ttlMs: 86_400_000 });
    },
    snapshot: () => new Map(values),
    async restore(snapshot) {
      for (const key of values.keys()) if (!snapshot.has(key)) await store.delete(key);
      for (const [key, value] of snapshot) if (values.get(key) !== value) await store.put(key, value);
      for (const [key, value] of snapshot) values.set(key, value);
    },
  };
  return store;
}

const TURNS = Array.from({ length: 20 });

/** Makes the world. */
export async function createHostileWorld(): Promise<HostileWorld> {
  const tenant = createTestTenant();
  const grace = tenant.emulator.addUser({ username: 'grace', password: 'battery-staple' });
  const users = {
    [tenant.ada.subject]: tenant.ada,
    [grace.sub]: { username: 'grace', password: 'battery-staple', subject: grace.sub },
  };
  for (const user of Object.values(users)) await tenant.enrolPush(user);
  const store = openStore(() => tenant.clock.now());
  const errors: unknown[] = [];
  const gate = createTestGate(tenant, {
    store,
    secret: [SECRET],
    firstLeg: {
      custom: async ({ identity }) => ({ mfaToken: await tenant.mfaToken(users[identity.subject]) }),
    },
    onError: (error) => errors.push(error),
  });
  const guard = gate.guard({ maxAge: '5m' }, { replay: true });
  const ada: Identity = { subject: tenant.ada.subject, sessionId: 'the login of ada' };
  const clientOf: HostileWorld['clientOf'] = (identity, handle, policy) =>
    createGateClient({ gate, identity, handle, ...(policy && { policy }) });

  /** The client leaves when `signal` fires. */
  function hostRequest(
    { method, url, headers, identity, host, protocol }: Knock,
    signal?: AbortSignal,
  ): HostRequest<TestNative> {
    const native = { identity };
    return {
      native,
      method,
      url,
      protocol: protocol ?? 'http',
      host: host ?? 'localhost',
      header: (name) => (Object.hasOwn(headers, name) ? headers[name] : undefined),
      forPolicy: () => native,
      parsedBody: () => undefined,
      whenGone: (callback) => signal && whenAborted(signal, callback),
    };
  }

  /** The body, and what else of a request is web-standard. */
  function webRequest({ method, headers, body }: Knock): Request {
    const mayHaveBody = !/^(get|head)$/i.test(method) && body !== undefined;
    const kept = new Headers();
    for (const name of ['content-type', 'content-length']) {
      // What no header can hold would not come through a server either.
      if (headers[name] !== undefined && isHeaderValue(headers[name])) kept.set(name, headers[name]);
    }
    return new Request('http://localhost/', {
      // Of which fetch knows nothing.
      method: ['CONNECT', 'TRACE', ''].includes(method) ? 'POST' : method,
      headers: kept,
      body: mayHaveBody ? body : null,
    });
  }

  const world: HostileWorld = {
    tenant,
    store,
    gate,
    ada,
    errors,
    browser: clientOf(ada, HANDLE),
    strangers: [
      clientOf({ subject: grace.sub, sessionId: 'the login of grace' }, STRANGERS_HANDLE),
      clientOf({ ...ada, sessionId: 'another login of ada' }, OTHER_HANDLE),
    ],
    clientOf,
    async approve(browser, username = 'ada') {
      await browser.start();
      tenant.emulator.phone(username).approve();
      tenant.clock.advance(POLL_MS);
      const { state } = await browser.view();
      if (state !== 'approved') throw new Error(`the flow is ${state}`);
    },
    async knock(knock) {
      const leaving = new AbortController();
      const answering = gate.endpoints(hostRequest(knock, leaving.signal), () => webRequest(knock));
      const reading = answering.then(async (response) => ({
        status: response?.status ?? 404,
        headers: Object.fromEntries(response?.headers ?? []),
        text: (await response?.text()) ?? '',
      }));
      // A client that waits for news leaves after a moment.
      const moment = TURNS.reduce<Promise<void>>(
        (turns) => turns.then(() => setImmediate()),
        Promise.resolve(),
      );
      await Promise.race([reading, moment]);
      leaving.abort();
      return reading;
    },
    async pass(knock) {
      const raw = webRequest(knock);
      const decision = await guard(hostRequest(knock), {
        self: undefined,
        chains: () => [],
        body: () => ({ raw }),
      });
      return { isAllowed: decision.isAllowed, status: decision.isAllowed ? 200 : decision.response.status };
    },
  };
  return world;
}

function isHeaderValue(value: string): boolean {
  try {
    new Headers({ value });
    return true;
  } catch {
    return false;
  }
}

/** The records of handles, as text: what a flow or an approval is in. */
export function recordsOf(store: OpenStore): string {
  const records = store.keys().filter(isRecordKey);
  return JSON.stringify(records.toSorted().map((key) => [key, store.valueOf(key)]));
}
