import { setImmediate } from 'node:timers/promises';
import {
  AUTH0_EXCHANGE_LIMIT,
  type Clock,
  createAuth0MfaApi,
  type EnrollingWay,
  StepUpError,
} from '@stepgate/core';
import { createTestTenant, POLL_MS, type TestTenant } from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import { createMemoryStore, type Gate, type Store, type TestingOptions } from '../../src/index.ts';
import {
  createGateClient,
  createTestGate,
  type GateAnswer,
  type GateClient,
  type TestGateOptions,
  type TestNative,
} from '../support/gate-client.ts';

/** As long as a claim lasts. */
const LEASE_MS = 25_000;
const INTERVAL_MS = 5_500;

interface Process {
  readonly gate: Gate<TestNative>;
  readonly client: GateClient;
  /** A page of the flow that is open there. */
  readonly open: (version?: number) => Promise<Page>;
}

interface Page {
  readonly answer: Promise<GateAnswer>;
  readonly close: () => Promise<void>;
}

interface Scene {
  readonly tenant: TestTenant;
  readonly store: Store;
  readonly asked: { read: number; write: number };
  /** When each poll was sent. */
  readonly polls: readonly number[];
  /** What answers polls instead of the tenant, if set. */
  readonly wire: { redeem?: EnrollingWay['redeem'] | undefined };
  readonly createProcess: (
    testing?: TestingOptions,
    store?: Partial<Store>,
    options?: TestGateOptions,
  ) => Process;
  /** Lets time pass in small steps, with everything done that falls due. */
  readonly pass: (ms: number) => Promise<void>;
}

/** Lets everything happen that has begun. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 60; turns += 1) await setImmediate();
}

async function createScene(): Promise<Scene> {
  const tenant = createTestTenant();
  await tenant.enrolPush();
  const refreshToken = await tenant.signIn();
  const memory = createMemoryStore({ now: () => tenant.clock.now() });
  const asked = { read: 0, write: 0 };
  const polls: number[] = [];
  const wire: Scene['wire'] = {};
  const api = createAuth0MfaApi(tenant.auth0);
  const way: EnrollingWay = {
    ...api,
    redeem(options) {
      if (options.proof.type === 'oob') polls.push(tenant.clock.now());
      return wire.redeem === undefined ? api.redeem(options) : wire.redeem(options);
    },
  };
  const store: Store = {
    ...memory,
    read: (key) => {
      asked.read += 1;
      return memory.read(key);
    },
    write: (key, ...rest) => {
      asked.write += 1;
      return memory.write(key, ...rest);
    },
  };
  return {
    tenant,
    store,
    asked,
    polls,
    wire,
    createProcess(testing = {}, changed = {}, options = {}) {
      const gate = createTestGate(tenant, {
        store: { ...store, ...changed },
        tenantBudget: false,
        firstLeg: { refreshToken: () => refreshToken },
        ...options,
        testing: { way, ...testing },
      });
      const client = createGateClient({ gate, identity: { subject: tenant.ada.subject, sessionId: 's' } });
      return {
        gate,
        client,
        async open(known) {
          const version = known ?? (await client.view()).version;
          const leaving = new AbortController();
          const answer = client.send('GET', '/step-up/flow', {
            headers: { 'if-none-match': `"${version}"`, prefer: 'wait=25' },
            signal: leaving.signal,
          });
          await settle();
          return {
            answer,
            close: async () => {
              leaving.abort();
              await answer;
            },
          };
        },
      };
    },
    async pass(ms) {
      const end = tenant.clock.now() + ms;
      while (tenant.clock.now() < end) {
        tenant.clock.advance(Math.min(500, end - tenant.clock.now()));
        await settle();
      }
    },
  };
}

/** Keeps a page open, as a browser does that asks again as soon as it has an answer. */
function keepOpen({ open }: Process): () => Promise<void> {
  let isOver = false;
  let page: Page | undefined;
  void (async () => {
    let version: number | undefined;
    while (!isOver) {
      page = await open(version);
      version = Number(/\d+/.exec((await page.answer).headers.get('etag') ?? '')?.[0]);
    }
  })();
  return async () => {
    isOver = true;
    await page?.close();
  };
}

/** The clock of a process that can die: nothing happens by it any more then. */
function createMortal({ clock }: TestTenant): { readonly clock: Clock; readonly die: () => void } {
  let isDead = false;
  return {
    clock: {
      now: () => clock.now(),
      setTimeout: (callback, ms) => clock.setTimeout(() => (isDead ? undefined : callback()), ms),
      clearTimeout: (timer) => clock.clearTimeout(timer),
    },
    die: () => {
      isDead = true;
    },
  };
}

/** The check of the identity takes some time after the answer. */
async function seeApproved({ client }: Process): Promise<void> {
  await expect.poll(async () => (await client.view()).state).toBe('approved');
}

const gaps = (times: readonly number[]): readonly number[] =>
  times.slice(1).map((time, index) => time - (times[index] ?? 0));

describe('a wait for the phone', () => {
  it('is polled at its interval for as long as somebody watches, and costs the store little', async () => {
    const { createProcess, polls, asked, pass } = await createScene();
    const process = createProcess();
    await process.client.start();
    const close = keepOpen(process);
    await pass(2 * POLL_MS);
    const before = { ...asked, polls: polls.length };

    await pass(100_000);

    const count = polls.length - before.polls;
    await close();
    expect(count).toBeGreaterThanOrEqual(17);
    expect(new Set(gaps(polls))).toEqual(new Set([INTERVAL_MS]));
    expect((asked.write - before.write) / count).toBeLessThanOrEqual(0.4);
    expect((asked.read - before.read) / count).toBeLessThanOrEqual(1.5);
  });

  it('reads nothing that it has written itself where the store tells of it later, with the version', async () => {
    const { createProcess, polls, asked, pass, store } = await createScene();
    const process = createProcess(undefined, {
      subscribe: (key, listener) =>
        store.subscribe?.(key, (version) => void setImmediate().then(() => listener(version))) ?? (() => {}),
    });
    await process.client.start();
    const close = keepOpen(process);
    await pass(2 * POLL_MS);
    const before = { ...asked, polls: polls.length };

    await pass(100_000);

    const count = polls.length - before.polls;
    await close();
    expect((asked.read - before.read) / count).toBeLessThanOrEqual(1.5);
  });

  it('is polled by nobody once nobody watches', async () => {
    const { createProcess, polls, pass } = await createScene();
    const process = createProcess();
    await process.client.start();
    const page = await process.open();
    await pass(2 * POLL_MS);
    await page.close();
    const before = polls.length;

    await pass(30_000);

    expect(before).toBe(2);
    expect(polls).toHaveLength(before);
  });

  it('is polled by one process, whichever others watch it too', async () => {
    const { createProcess, polls, pass } = await createScene();
    const processes = [createProcess(), createProcess(), createProcess()];
    await processes[0]?.client.start();
    const closing = processes.map(keepOpen);

    await pass(60_000);

    for (const close of closing) await close();
    expect(polls.length).toBeGreaterThanOrEqual(9);
    expect(Math.min(...gaps(polls))).toBeGreaterThanOrEqual(5_000);
  });

  it('tells the watchers of every process of the answer', async () => {
    const { createProcess, tenant, pass } = await createScene();
    const [first, second] = [createProcess(), createProcess()];
    await first.client.start();
    const pages = [await first.open(), await second.open()];
    await pass(2 * POLL_MS);

    tenant.phone.approve();
    await pass(POLL_MS);

    for (const { answer } of pages) expect((await answer).status).toBe(200);
    await seeApproved(first);
    expect(await second.client.isAllowed()).toBe(true);
  });

  it('is seen through by the readers of the process that holds it: they see the time of the next poll', async () => {
    const { createProcess, tenant, pass } = await createScene();
    const process = createProcess();
    await process.client.start();
    const page = await process.open();
    await pass(INTERVAL_MS + 500);

    const { nextPollAt = 0 } = await process.client.view();

    await page.close();
    expect(nextPollAt).toBeGreaterThan(tenant.clock.now());
  });

  it('ends with a cancel at another process, which breaks off the poll that is under way', async () => {
    const { createProcess, polls, pass, wire } = await createScene();
    const [holder, other] = [createProcess(), createProcess()];
    await holder.client.start();
    const page = await holder.open();
    await pass(POLL_MS);
    let isBrokenOff = false;
    wire.redeem = ({ signal }) =>
      new Promise((_, reject) => {
        signal?.addEventListener('abort', () => {
          isBrokenOff = true;
          reject(new StepUpError('provider_unavailable', 'aborted'));
        });
      });
    await pass(POLL_MS);

    const { status } = await other.client.send('DELETE', '/step-up/flow');
    await settle();

    expect(status).toBe(200);
    expect(isBrokenOff).toBe(true);
    expect((await page.answer).body).toMatchObject({ state: 'cancelled' });
    const before = polls.length;
    await pass(60_000);
    expect(polls).toHaveLength(before);
  });

  it('sends no poll after a cancel at another process, even if the store does not tell of it', async () => {
    const { createProcess, tenant, pass, polls } = await createScene();
    const [holder, other] = [createProcess({}, { subscribe: () => () => {} }), createProcess()];
    await holder.client.start();
    const page = await holder.open();
    await pass(2 * POLL_MS);
    tenant.phone.approve();
    const before = polls.length;

    await other.client.send('DELETE', '/step-up/flow');
    await pass(2 * POLL_MS);

    await page.close();
    expect(polls).toHaveLength(before);
    expect(await holder.client.isAllowed()).toBe(false);
    expect(await other.client.view()).toMatchObject({ state: 'cancelled' });
  });

  it('is handed over at once when its process stops', async () => {
    const { createProcess, tenant, polls, pass } = await createScene();
    const [holder, other] = [createProcess(), createProcess()];
    await holder.client.start();
    await holder.open();
    await pass(POLL_MS + 500);
    tenant.phone.approve();

    await holder.gate.close();
    const page = await other.open();
    await pass(POLL_MS);

    expect((await page.answer).status).toBe(200);
    await seeApproved(other);
    expect(Math.min(...gaps(polls))).toBeGreaterThanOrEqual(5_000);
  });

  it('is taken over from a process that has died, once its lease is over', async () => {
    const { createProcess, tenant, polls, pass } = await createScene();
    const { clock, die } = createMortal(tenant);
    const [holder, other] = [createProcess({ clock }), createProcess()];
    await holder.client.start();
    await holder.open();
    await pass(POLL_MS);
    die();
    const before = polls.length;
    tenant.phone.approve();
    const close = keepOpen(other);

    await pass(POLL_MS);
    expect(polls).toHaveLength(before);
    await pass(LEASE_MS - POLL_MS);
    expect(polls).toHaveLength(before + 1);
    await close();

    await seeApproved(other);
  });

  it.each(['steady', 'eager'] as const)(
    'leaves the next process within the limit of the provider, whatever dead ones polled: %s',
    async (pollSchedule) => {
      const { createProcess, tenant, polls, pass } = await createScene();
      const mortals = Array.from({ length: 4 }, () => createMortal(tenant));
      const processes = mortals.map(({ clock }) => createProcess({ clock }, {}, { pollSchedule }));
      await processes[0]?.client.start();
      for (const [index, { open }] of processes.entries()) {
        await open();
        await pass(12_000);
        mortals[index]?.die();
      }
      const close = keepOpen(createProcess());
      await pass(60_000);
      await close();

      const { burst, perMinute, reservedForCodes } = AUTH0_EXCHANGE_LIMIT;
      expect(polls.length).toBeGreaterThan(8);
      for (const [from, start] of polls.entries()) {
        for (const [to, end] of polls.entries()) {
          const most = burst - reservedForCodes + ((end - start) / 60_000) * perMinute;
          if (to >= from) expect(to - from + 1).toBeLessThanOrEqual(most + 1e-6);
        }
      }
    },
  );

  it('goes on after the notice of a second browser', async () => {
    const { createProcess, tenant, polls, pass } = await createScene();
    const holder = createProcess();
    await holder.client.start();
    const close = keepOpen(holder);
    await pass(POLL_MS);
    const second = createGateClient({
      gate: createProcess().gate,
      identity: { subject: tenant.ada.subject, sessionId: 'second' },
      handle: 's'.repeat(43),
    });

    expect(await second.start()).toMatchObject({ state: 'failed', reason: 'push_in_progress' });
    const before = polls.length;
    await pass(2 * POLL_MS);

    expect(polls.length - before).toBe(2);
    expect(await holder.client.view()).toMatchObject({ notice: 'push_requested_elsewhere' });
    tenant.phone.approve();
    await pass(POLL_MS);
    await close();
    await seeApproved(holder);
    expect(await holder.client.isAllowed()).toBe(true);
  });

  it('shows a poll that failed, and that polls succeed again', async () => {
    const { createProcess, wire, pass } = await createScene();
    const process = createProcess();
    await process.client.start();
    const close = keepOpen(process);
    await pass(POLL_MS);
    wire.redeem = () => Promise.reject(new StepUpError('provider_unavailable', 'down'));
    await pass(POLL_MS);
    const failing = await process.client.view();
    wire.redeem = undefined;
    await pass(20_000);
    const after = await process.client.view();
    await close();

    expect(failing).toMatchObject({ state: 'polling', reason: 'provider_unavailable' });
    expect(after).toMatchObject({ state: 'polling' });
    expect(after.reason).toBeUndefined();
  });

  it('does not outlive the time of its challenge', async () => {
    const { createProcess, pass } = await createScene();
    const process = createProcess();
    await process.client.start();
    const close = keepOpen(process);

    await pass(300_000);
    await close();

    expect(await process.client.view()).toMatchObject({ state: 'expired' });
  });

  it('goes on when the store was away, and tells its watchers that it is', async () => {
    const { createProcess, store, polls, pass, tenant } = await createScene();
    let isDown = false;
    const read: Store['read'] = (key) => (isDown ? Promise.reject(new Error('down')) : store.read(key));
    const process = createProcess({}, { read });
    await process.client.start();
    const page = await process.open();
    await pass(POLL_MS);
    isDown = true;
    await pass(POLL_MS);
    const before = polls.length;
    isDown = false;
    tenant.phone.approve();
    const close = keepOpen(process);
    await pass(POLL_MS);
    await close();

    expect((await page.answer).status).toBe(503);
    expect(polls.length - before).toBe(1);
    await seeApproved(process);
  });
});
