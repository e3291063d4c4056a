import { setImmediate } from 'node:timers/promises';
import { createManualClock, type ManualClock } from 'suites/manual-clock.ts';
import { describe, expect, it } from 'vitest';
import { createTenantBudget, type TenantBudget } from '../../src/limits/tenant-budget.ts';
import { createMemoryStore } from '../../src/store/memory-store.ts';
import type { Store } from '../../src/store/store.ts';

const INTERVAL_MS = 5_000;
const STEP_MS = 50;

/** One request that went out. */
interface Sent {
  readonly at: number;
  readonly kind: 'poll' | 'user';
  readonly flow: number;
}

/** Processes on one store, the flows that are watched in them, and all that went out to the tenant. */
interface World {
  readonly clock: ManualClock;
  readonly budgets: readonly TenantBudget[];
  readonly sent: Sent[];
  /** How often the ledger was written. */
  readonly writes: () => number;
  /** Asks for a user's request in one of the processes; resolves to whether it went out. */
  user(process?: number): Promise<boolean>;
  /** Ends a process, and all that is watched in it. */
  kill(process: number): void;
  /** Whether the store is away. */
  lose(isAway: boolean): void;
  /** Lets the time pass, and everything happen in it. */
  pass(seconds: number): Promise<void>;
}

/** Numbers that look random and are always the same. */
function createRandom(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

function createWorld(options: {
  readonly perSecond: number;
  readonly processes?: number;
  readonly flows?: number;
  /** How long each flow waits for its phone. */
  readonly waitMs?: number;
}): World {
  const { perSecond, processes = 1, flows = 0, waitMs = Number.MAX_SAFE_INTEGER } = options;
  const clock = createManualClock();
  const random = createRandom();
  const memory = createMemoryStore({ now: () => clock.now() });
  let writes = 0;
  let isAway = false;
  const store: Store = {
    ...memory,
    async read(key) {
      if (isAway) throw new Error('the store is away');
      return memory.read(key);
    },
    async write(...args) {
      const version = await memory.write(...args);
      if (version !== undefined) writes += 1;
      return version;
    },
  };
  const budgets = Array.from({ length: processes }, (_, id) =>
    createTenantBudget({
      store,
      clock,
      random,
      process: `process ${id}`,
      issuer: 'https://tenant.test/',
      perSecond,
    }),
  );
  const dead = new Set<number>();
  const sent: Sent[] = [];
  const start = clock.now();

  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => void clock.setTimeout(resolve, Math.max(0, ms)));

  /** What a watcher of one flow does, whose phone never answers. */
  async function watch(flow: number): Promise<void> {
    const budget = budgets[flow % budgets.length] as TenantBudget;
    let since = clock.now();
    const next = (): number => since + INTERVAL_MS + Math.floor(random() * 1_000);
    let at = next();
    const end = start + waitMs;
    while (clock.now() < end && !dead.has(flow % budgets.length)) {
      const dueAt = budget.pollDueAt(`${flow}`, { at, since, intervalMs: INTERVAL_MS, until: end });
      if (dueAt > clock.now()) {
        await sleep(Math.min(8_000, dueAt - clock.now()));
      } else if (await budget.takePoll(`${flow}`)) {
        since = clock.now();
        at = next();
        sent.push({ at: since, kind: 'poll', flow });
      } else {
        await sleep(STEP_MS);
      }
    }
  }

  for (let flow = 0; flow < flows; flow += 1) void watch(flow);

  return {
    clock,
    budgets,
    sent,
    writes: () => writes,
    async user(process = 0) {
      const wait = await (budgets[process] as TenantBudget).takeTurn();
      if (wait === undefined) sent.push({ at: clock.now(), kind: 'user', flow: -1 });
      return wait === undefined;
    },
    kill: (process) => void dead.add(process),
    lose(lost) {
      isAway = lost;
    },
    async pass(seconds) {
      for (let passed = 0; passed < seconds * 1_000; passed += STEP_MS) {
        clock.advance(STEP_MS);
        for (let turn = 0; turn < 4; turn += 1) await setImmediate();
      }
    },
  };
}

/** The most that went out in any second, wherever it begins. */
function mostInASecond(sent: readonly Sent[]): number {
  let most = 0;
  let first = 0;
  for (const [index, { at }] of sent.entries()) {
    while ((sent[first]?.at ?? at) <= at - 1_000) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

/** How often each of the flows has polled. */
function pollsOf(sent: readonly Sent[], flows: number): readonly number[] {
  const counts = Array.from({ length: flows }, () => 0);
  for (const { flow, kind } of sent) if (kind === 'poll') counts[flow] = (counts[flow] ?? 0) + 1;
  return counts;
}

/** Polls per second in the seconds to come. */
async function pollRate(world: World, seconds: number): Promise<number> {
  const before = world.sent.length;
  await world.pass(seconds);
  return world.sent.slice(before).filter(({ kind }) => kind === 'poll').length / seconds;
}

/** Somebody in one of the processes asks for something every so often, and does not wait for the others. */
async function crowd(
  world: World,
  {
    users,
    everySeconds,
    atOnce = 1,
  }: { readonly users: number; readonly everySeconds: number; readonly atOnce?: number },
): Promise<{ readonly served: number; readonly refused: number; readonly longestWaitMs: number }> {
  let longestWaitMs = 0;
  const answers: boolean[] = [];
  for (let user = 0; user < users; user += 1) {
    const at = world.clock.now();
    void world.user(user % world.budgets.length).then((isServed) => {
      answers.push(isServed);
      longestWaitMs = Math.max(longestWaitMs, world.clock.now() - at);
    });
    if (user % atOnce === 0) await world.pass(everySeconds);
  }
  await world.pass(3);
  const served = answers.filter(Boolean).length;
  return { served, refused: answers.length - served, longestWaitMs };
}

const REFUSED = { call: 'poll', status: 429 } as const;

describe('the budget of a tenant', () => {
  it('is never exceeded in any second by 300 flows over three processes, and each flow gets its share', async () => {
    const world = createWorld({ perSecond: 20, processes: 3, flows: 300 });
    await world.pass(210);
    const counts = pollsOf(world.sent, 300);

    expect(mostInASecond(world.sent)).toBeLessThanOrEqual(20);
    // Half of the budget is planned for polls.
    expect(world.sent.length / 210).toBeGreaterThan(8);
    expect(world.sent.length / 210).toBeLessThan(11);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
  });

  it('lets every flow poll at its own pace as long as it suffices', async () => {
    const world = createWorld({ perSecond: 50, processes: 3, flows: 100 });
    await world.pass(66);
    // Once in 5.5 seconds, at the middle of the jitter.
    expect(Math.min(...pollsOf(world.sent, 100))).toBeGreaterThanOrEqual(11);
  });

  it('costs far fewer writes than requests when there are many', async () => {
    const world = createWorld({ perSecond: 1_000, processes: 2, flows: 800 });
    await world.pass(15);
    expect(world.sent.length).toBeGreaterThan(1_500);
    expect(world.writes() / world.sent.length).toBeLessThan(0.3);
  });

  it('costs nothing while nobody asks the tenant', async () => {
    const world = createWorld({ perSecond: 20, processes: 3 });
    await world.pass(10);
    expect(world.writes()).toBe(0);
  });
});

describe('what users wait for', () => {
  it('goes out at once however many flows poll, and the flows share the rest equally', async () => {
    const world = createWorld({ perSecond: 20, processes: 3, flows: 300 });
    await world.pass(60);
    const before = world.sent.length;
    const { served, refused, longestWaitMs } = await crowd(world, { users: 480, everySeconds: 0.25 });
    const counts = pollsOf(world.sent.slice(before), 300);

    expect({ served, refused }).toEqual({ served: 480, refused: 0 });
    expect(longestWaitMs).toBeLessThanOrEqual(2 * STEP_MS);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
    expect(mostInASecond(world.sent)).toBeLessThanOrEqual(20);
  });

  it('waits a second at most when a crowd comes, until the polls before it are over', async () => {
    const world = createWorld({ perSecond: 20, processes: 3, flows: 300 });
    await world.pass(60);
    const { served, refused, longestWaitMs } = await crowd(world, { users: 100, everySeconds: 0.1 });

    expect({ served, refused }).toEqual({ served: 100, refused: 0 });
    expect(longestWaitMs).toBeLessThanOrEqual(1_200);
  });

  it('waits its turn, or is told when to try again, when users alone exceed the budget, and polls never stop', async () => {
    const world = createWorld({ perSecond: 20, processes: 3, flows: 300 });
    await world.pass(60);
    const before = world.sent.length;
    const { served, refused, longestWaitMs } = await crowd(world, {
      users: 900,
      everySeconds: 0.05,
      atOnce: 3,
    });
    const polls = world.sent.slice(before).filter(({ kind }) => kind === 'poll');

    expect(served).toBeGreaterThan(200);
    expect(refused).toBeGreaterThan(0);
    expect(longestWaitMs).toBeLessThanOrEqual(2_000 + STEP_MS);
    expect(polls.length).toBeGreaterThan(15);
    expect(mostInASecond(world.sent)).toBeLessThanOrEqual(20);
  });

  it('is served in order of arrival', async () => {
    const world = createWorld({ perSecond: 4 });
    const order: number[] = [];
    for (let user = 0; user < 8; user += 1) void world.user().then(() => order.push(user));
    await world.pass(3);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('is told when to try again, at different times', async () => {
    const world = createWorld({ perSecond: 1 });
    const [budget] = world.budgets as [TenantBudget];
    const waits = Array.from({ length: 6 }, () => budget.takeTurn());
    await world.pass(3);
    const told = (await Promise.all(waits)).filter((wait) => wait !== undefined);
    expect(told.length).toBeGreaterThan(2);
    expect(new Set(told).size).toBe(told.length);
    expect(Math.min(...told)).toBeGreaterThanOrEqual(1_000);
    expect(Math.max(...told)).toBeLessThan(3_000);
  });
});

describe('a tenant that complains', () => {
  it('slows down all flows alike, and gets its polls back by itself', async () => {
    const world = createWorld({ perSecond: 20, processes: 3, flows: 300 });
    await world.pass(60);
    expect(await pollRate(world, 20)).toBeGreaterThan(8);

    for (let second = 0; second < 10; second += 1) {
      world.budgets[second % 3]?.note(REFUSED);
      await world.pass(1);
    }
    expect(await pollRate(world, 5)).toBeLessThan(2);
    await world.pass(60);
    expect(await pollRate(world, 20)).toBeGreaterThan(8);
    const counts = pollsOf(world.sent, 300);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
  });

  it('halves the polls once for all responses that report one shortage, in any process', async () => {
    const world = createWorld({ perSecond: 20, processes: 3, flows: 300 });
    await world.pass(60);
    for (const budget of [...world.budgets, ...world.budgets]) budget.note(REFUSED);
    const rate = await pollRate(world, 5);
    expect(rate).toBeGreaterThan(4);
    expect(rate).toBeLessThan(7);
  });

  it('slows polls down before it refuses any, when little is left of its limit', async () => {
    const world = createWorld({ perSecond: 20, flows: 100 });
    await world.pass(30);
    const rateLimit = { limit: 100, remaining: 20 };
    for (let second = 0; second < 10; second += 1) {
      world.budgets[0]?.note({ call: 'list', status: 200, rateLimit });
      await world.pass(1);
    }
    expect(await pollRate(world, 5)).toBeLessThan(3);
  });

  it('does not slow down a few polls that no tenant notices', async () => {
    const world = createWorld({ perSecond: 50, flows: 4 });
    await world.pass(30);
    for (let second = 0; second < 10; second += 1) {
      world.budgets[0]?.note(REFUSED);
      await world.pass(1);
    }
    // Four flows, once in 5.5 seconds.
    expect(await pollRate(world, 11)).toBeGreaterThan(0.7);
  });

  it.each([
    ['a limit of one sign-in', { call: 'poll', status: 429, rateLimit: { limit: 12, remaining: 0 } }],
    ['a limit of one user', { call: 'challenge', status: 429, rateLimit: { limit: 5, remaining: 0 } }],
    ['no limit by name, to what a user does', { call: 'password', status: 429 }],
    ['plenty', { call: 'poll', status: 400, rateLimit: { limit: 100, remaining: 25 } }],
    ['something else', { call: 'poll', status: 500 }],
  ] as const)('is not meant by a response that reports %s', async (_, report) => {
    const world = createWorld({ perSecond: 20, flows: 100 });
    await world.pass(30);
    for (let second = 0; second < 5; second += 1) {
      world.budgets[0]?.note(report);
      await world.pass(1);
    }
    expect(await pollRate(world, 10)).toBeGreaterThan(8);
  });
});

describe('a flow', () => {
  it('is polled right before its end at any pace', async () => {
    const waitMs = 60_000;
    const world = createWorld({ perSecond: 4, flows: 60, waitMs });
    const start = world.clock.now();
    const end = start + waitMs;
    const poll = { at: start + 5_000, since: start, intervalMs: 5_000, until: end };
    await world.pass(1);
    expect(world.budgets[0]?.pollDueAt('0', poll)).toBeGreaterThan(start + 20_000);
    await world.pass(40);
    const late = { at: end - 15_000, since: end - 20_000, intervalMs: 5_000, until: end };
    expect(world.budgets[0]?.pollDueAt('late', late)).toBe(end - 2_000);
  });

  it('waits while the store is away, as users do, and neither is lost', async () => {
    const world = createWorld({ perSecond: 20, processes: 2, flows: 20 });
    await world.pass(12);
    world.lose(true);
    const user = world.user();
    expect(await pollRate(world, 10)).toBe(0);
    expect(await user).toBe(false);
    world.lose(false);
    expect(await world.user()).toBe(true);
    expect(await pollRate(world, 11)).toBeGreaterThan(3);
  });

  it('of a dead process takes nothing from the others for long', async () => {
    const world = createWorld({ perSecond: 20, processes: 2, flows: 200 });
    await world.pass(30);
    const dueInMs = (): number => {
      const since = world.clock.now();
      const poll = { at: since, since, intervalMs: 5_000, until: since + 300_000 };
      return (world.budgets[0] as TenantBudget).pollDueAt('one more', poll) - since;
    };
    // 40 polls a second are wanted and 10 are planned, then 20 are wanted.
    expect(dueInMs()).toBeGreaterThan(19_000);
    world.kill(1);
    await world.pass(20);
    expect(dueInMs()).toBeLessThan(11_000);
  });
});
