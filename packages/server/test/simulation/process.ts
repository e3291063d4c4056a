import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Capabilities,
  cibaCapabilities,
  MFA_API_CAPABILITIES,
  redirectCapabilities,
  type WayName,
} from '@stepgate/core';
import { createGate, type Gate } from '../../src/gate/gate.ts';
import type { Identity, Json, Provider, Store } from '../../src/index.ts';
import { namespaceOf } from '../../src/provider/namespace.ts';
import { createGateClient, type GateClient, SECRET, type TestNative } from '../support/gate-client.ts';
import type { Clocks } from './clocks.ts';
import {
  BROWSERS,
  type Browser,
  browserOf,
  ERRANDS,
  type Errand,
  type ErrandName,
  type Guest,
  type HandedBack,
  isLinked,
  isOwn,
  policyOf,
  recordOf,
  type Seat,
  type Setup,
  sessionOf,
} from './deeds.ts';
import { createSimulatedTenant, type Network } from './tenant.ts';
import { createTruth, type Truth } from './truth.ts';
import type { Turns } from './turns.ts';

/** A process of the app, as its browsers know it. */
export interface Process {
  readonly gate: Gate<TestNative>;
  /** It does nothing any more, whatever it waited for. */
  die(): void;
  client(browser: Browser, errand: ErrandName): GateClient;
  /** Does something for a browser: what the tenant sees of it is that browser's. `errand`: what a start is for. */
  serve<T>(browser: Browser, work: () => Promise<T>, errand?: ErrandName): Promise<T>;
}

/** What processes share: the store behind them, the tenant, and how well all of that works. */
export interface World {
  readonly setup: Setup;
  readonly truth: Truth;
  readonly clocks: Clocks;
  readonly turns: Turns;
  readonly shared: Store;
  /** What was last written to the store, by key. */
  readonly written: Map<string, Json>;
  readonly draw: (count: number) => number;
  readonly randomBytes: (size: number) => Uint8Array;
  /** The processes that are alive. */
  readonly processes: Process[];
  /** What the provider says of details that were approved. */
  handsBack: HandedBack;
  areFaultsOn: boolean;
  hadFaults: boolean;
  hadCrash: boolean;
  /** Whether everything that was begun has ended, or waits for time to pass. */
  isQuiet: boolean;
  /** Whether a process has died, or time has passed, while something was under way: a push may or may not have gone out. */
  wasCutOff: boolean;
  /** When nothing was under way for the last time. */
  quietAt: number;
}

const APP = 'bank';
const ISSUER = 'https://tenant.test/';
/** Names the application in the store and in keys. */
export const NAMESPACE = namespaceOf({ issuer: ISSUER, clientId: APP });
export const POLL_MS = 6_000;
const TIMEOUT_MS = 10_000;
/** How long a process that has died keeps others from its work. */
export const leaseMsOf = (way: WayName): number =>
  TIMEOUT_MS + (canOf(way).longestPollMs ?? TIMEOUT_MS) + 5_000;
export const LONGEST_LEASE_MS = 50_000;
/** One answer in so many gets lost, and one request in so many is not done, while things fail. */
const RARELY = 12;
const EAGER_MS = 1_250;
const STEADY_MS = 5_000;

/** What a way can do. */
function canOf(way: WayName, { details, pings = false }: Partial<Setup> = {}): Capabilities {
  if (way === 'mfa-api') return MFA_API_CAPABILITIES;
  if (way === 'redirect') return redirectCapabilities({});
  return cibaCapabilities({ ping: pings, ...(details !== undefined && { details: () => [] }) });
}

/** The address tells the tenant of a simulation which browser a first leg is for. */
const identityOf = (seat: Seat): Identity => ({ subject: 'ada', sessionId: sessionOf(seat), ip: seat });

/** Where a browser is. */
export function seatOf({ opened }: Truth, browser: Browser): Seat {
  const guest = browser as Guest;
  const link = opened.get(guest);
  return link === undefined ? browser : `${guest} for ${recordOf(link.asker)}`;
}

/** Of a request that is no transfer: nobody approves one to them. */
const NO_TRANSFER = { to: 'nobody' };

/** The request of a browser, as the host has parsed it. */
export function nativeOf(browser: Browser, errand: ErrandName): TestNative {
  const { body }: Errand = ERRANDS[errand];
  return { identity: identityOf(browser), body: body ?? NO_TRANSFER };
}

/** Starts a process. `index`: the clock that it goes by. */
export function startProcess(world: World, index: number, clientId = APP): Process {
  const { setup, clocks, turns, shared, draw } = world;
  const truth = clientId === APP ? world.truth : createTruth();
  const asking = new AsyncLocalStorage<{
    readonly browser: Seat;
    readonly errand: ErrandName | undefined;
  }>();
  const clients = new Map<string, GateClient>();
  let isDead = false;
  const never = (): Promise<never> => new Promise(() => {});

  const alive = async (name: string): Promise<void> => {
    await turns.turn(name);
    if (isDead) await never();
  };
  const network: Network = async (signal, act) => {
    const answered = turns
      .turn('request')
      .then(act)
      .finally(() => turns.turn('answer'));
    const aborted = new Promise<never>((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
    const result = await Promise.race([answered, aborted]);
    return isDead ? never() : result;
  };
  const stored = async <T>(work: () => Promise<T>): Promise<T> => {
    await alive('store');
    if (world.areFaultsOn && draw(RARELY) === 0) throw new Error('not done');
    const result = await work();
    await alive('store answers');
    if (world.areFaultsOn && draw(RARELY) === 0) throw new Error('answer lost');
    return result;
  };
  const store: Store = {
    read: (key) => stored(() => shared.read(key)),
    write: (key, value, options) =>
      stored(async () => {
        const version = await shared.write(key, value, options);
        if (version !== undefined) {
          world.written.set(key, value);
          noteLeaks(truth, 'the store', value);
        }
        return version;
      }),
    delete: (key) => stored(() => shared.delete(key)),
  };
  const clock = clocks.ofProcess(index);
  const tenant = createSimulatedTenant({
    setup,
    issuer: ISSUER,
    truth,
    network,
    now: () => clocks.now(),
    processNow: () => clock.now(),
    handsBack: () => world.handsBack,
    stamp: () => ({
      sentAt: clocks.now(),
      countedFrom: world.quietAt - (world.hadFaults ? LONGEST_LEASE_MS : 0),
    }),
    isDead: () => isDead,
    asking: () => asking.getStore()?.browser,
    complains: () => world.areFaultsOn && draw(4) === 0,
    fault: () =>
      world.areFaultsOn ? ((['none', 'none', 'unheard', 'refused'] as const)[draw(4)] ?? 'none') : 'none',
    leastIntervalMs: setup.pollSchedule === 'eager' ? EAGER_MS : STEADY_MS,
  });
  const byName = { ciba: tenant.ciba, 'mfa-api': tenant.mfaApi, redirect: tenant.page };
  const ways = setup.ways.map((name) => byName[name]);
  const provider: Provider = {
    issuer: ISSUER,
    clientId,
    isConfidential: true,
    ways: asSome(setup.ways.map((name) => ({ name, can: canOf(name, setup) }))),
    connect: () => ({
      ways: asSome(ways),
      identityCheck: tenant.identityCheck,
      signIn: tenant.signIn,
      timeoutMs: TIMEOUT_MS,
    }),
  };
  const gate = createGate<TestNative>({
    provider,
    secret: SECRET,
    store,
    identify: ({ identity }) => identity,
    ...(setup.ways.includes('mfa-api') && {
      firstLeg: {
        mfaToken: true,
        custom: ({ identity, signal }) =>
          tenant.firstLeg(identity.ip ?? '', identity.sessionId, signal ?? new AbortController().signal),
        ...(setup.enroll === 'password' && {
          password: { username: () => 'ada', ip: ({ identity }) => `${identity.ip}/${identity.sessionId}` },
        }),
      },
    }),
    ...(setup.enroll !== undefined && { enroll: setup.enroll }),
    tenantBudget: false,
    pollSchedule: setup.pollSchedule,
    pushCode: setup.pushCode,
    // The distance and the limit that is judged here must hold by themselves.
    limits: { starts: false, pushes: false },
    onEvent(event) {
      noteLeaks(truth, 'an event', event);
      const { browser, errand } = asking.getStore() ?? {};
      if (event.type === 'flow.started' && errand !== undefined) truth.flows.set(event.flow, errand);
      if (event.type === 'link.issued' && errand !== undefined) {
        truth.flows.set(event.flow, errand);
        truth.linked.set(event.flow, new Set());
      }
      if (event.type === 'flow.started') truth.linked.get(event.flow)?.add(browser ?? 'nobody');
      if (event.type !== 'approval.granted') return;
      truth.grants.set(event.approval, { flow: event.flow, at: clocks.now() });
    },
    onError: () => {},
    testing: { clock, random: () => 0.5, randomBytes: world.randomBytes },
  });
  gate.mounted();

  return {
    gate,
    die() {
      isDead = true;
    },
    serve: (browser, work, errand) => asking.run({ browser: seatOf(truth, browser), errand }, work),
    client(browser, errand) {
      const seat = seatOf(truth, browser);
      const name = `${seat}: ${errand}`;
      const known = clients.get(name);
      if (known !== undefined) return known;
      const made = createGateClient({
        gate,
        identity: identityOf(seat),
        handle: BROWSERS[browserOf(seat)].handle.repeat(43),
        policy: policyOf(errand),
      });
      const client: GateClient = {
        ...made,
        async send(...request) {
          const answer = await made.send(...request);
          noteSeen(truth, seat, answer.text);
          return answer;
        },
      };
      clients.set(name, client);
      return client;
    },
  };
}

/** A secret that is in what should hold none. */
function noteLeaks({ secrets, noticed }: Truth, where: string, value: unknown): void {
  if (secrets.length === 0) return;
  const text = JSON.stringify(value);
  const found = secrets.find((secret) => text.includes(secret.value));
  if (found !== undefined) noticed.push(`${found.what} is in ${where}`);
}

/** What a browser is shown: the user writes codes down, and nobody sees those of another browser. */
function noteSeen({ secrets, recovery, noticed }: Truth, by: Seat, text: string): void {
  // Not even to the login that has asked for the link.
  const viewer = (seat: string): string => (isLinked(seat) ? seat : recordOf(seat));
  for (const { value, browser, what } of secrets) {
    if (!text.includes(value)) continue;
    if (viewer(browser) !== viewer(by)) noticed.push(`${what} was shown to another browser`);
    if (isOwn(by) && value === recovery.current) recovery.onPaper = value;
  }
}

function asSome<T>(list: readonly T[]): readonly [T, ...T[]] {
  return list as readonly [T, ...T[]];
}
