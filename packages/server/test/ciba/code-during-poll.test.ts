import { describe, expect, it } from 'vitest';
import { createMemoryStore, type Store } from '../../src/index.ts';
import { CIBA_POLL_MS, type CibaScene, createCibaScene } from '../support/ciba-scene.ts';
import { createTestGate, type GateClient } from '../support/gate-client.ts';

/** Longer than a process may hold the poll of a flow, whatever the way. */
const LONGEST_CLAIM_MS = 60_000;

/** A poll that has an answer which does not arrive yet. */
interface Held extends CibaScene {
  /** Resolves once a poll is under way. */
  readonly underWay: Promise<void>;
  readonly arrive: () => void;
  readonly polls: () => number;
}

function createScene(store?: Store): Held {
  const { promise: underWay, resolve: begin } = Promise.withResolvers<void>();
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  let polls = 0;
  const scene = createCibaScene({
    ...(store && { gate: { store } }),
    async onPoll() {
      polls += 1;
      // The first one has no news. After it, this process polls without writing anything.
      if (polls === 1) return;
      begin();
      await arrived;
    },
  });
  return Object.assign(scene, { underWay, arrive, polls: () => polls });
}

/** Watches the flow over a poll without news, up to one that has the user's approval. */
async function pollTwice({
  client,
  phone,
  tenant,
  polls,
  underWay,
}: Held): Promise<{ readonly watching: Promise<unknown> }> {
  const { version } = await client.start();
  const watching = watch(client, version);
  tenant.clock.advance(CIBA_POLL_MS);
  await expect.poll(polls).toBe(1);
  phone.approve();
  await expect
    .poll(() => {
      tenant.clock.advance(1_000);
      return polls();
    })
    .toBe(2);
  await underWay;
  return { watching };
}

/** Watches the flow until its view has another version. */
function watch(client: GateClient, version: number): Promise<unknown> {
  return client.send('GET', '/step-up/flow', {
    headers: { prefer: 'wait=25', 'if-none-match': `"${version}"` },
  });
}

describe('a code that is typed while a poll is under way', () => {
  it('leaves the poll alone, whose answer then approves', async () => {
    const scene = createScene();
    const { client, shown, arrive, polls } = scene;
    const { watching } = await pollTwice(scene);

    const typed = await client.event({ type: 'code.submit', code: shown().code });
    expect(typed).toMatchObject({ state: 'polling', pushCode: { isAwaited: false } });
    arrive();
    await watching;

    await expect.poll(() => client.view()).toMatchObject({ state: 'approved' });
    expect(polls()).toBe(2);
  });

  it('is not forgotten for what a process knows that polls for a watcher', async () => {
    const scene = createScene();
    const { client, arrive } = scene;
    const { watching } = await pollTwice(scene);

    for (const code of ['BBBB', 'CCCC']) await client.event({ type: 'code.submit', code });
    arrive();
    await watching;

    await expect
      .poll(() => client.view())
      .toMatchObject({ state: 'polling', pushCode: { isAnswered: true, triesLeft: 1 } });
    expect(await client.event({ type: 'code.submit', code: 'DDDD' })).toMatchObject({ state: 'rejected' });
  });

  it('counts at another process, too, which polls no second time meanwhile', async () => {
    const store = createMemoryStore();
    const scene = createScene(store);
    const { client, shown, tenant, arrive, polls } = scene;
    const { watching } = await pollTwice(scene);

    const elsewhere = createTestGate(tenant, {
      store,
      provider: scene.provider,
    });
    const there = client.at(elsewhere);
    expect(await there.event({ type: 'code.submit', code: 'BBBB' })).toMatchObject({
      state: 'polling',
      pushCode: { triesLeft: 2 },
    });
    expect(await there.event({ type: 'code.submit', code: shown().code })).toMatchObject({
      pushCode: { isAwaited: false },
    });
    expect(polls()).toBe(2);
    arrive();
    await watching;

    await expect.poll(() => client.view()).toMatchObject({ state: 'approved' });
    expect(polls()).toBe(2);
  });

  it('is taken at the process that takes the flow over, where wrong ones from before still count', async () => {
    const store = createMemoryStore();
    const { promise: underWay, resolve: begin } = Promise.withResolvers<void>();
    let hasDied = false;
    const scene = createCibaScene({
      gate: { store },
      onPoll: () => {
        begin();
        return hasDied ? Promise.resolve() : new Promise(() => {});
      },
    });
    const { client, phone, shown, tenant } = scene;
    const { version } = await client.start();
    void watch(client, version);
    tenant.clock.advance(CIBA_POLL_MS);
    await underWay;
    await client.event({ type: 'code.submit', code: 'BBBB' });

    // The process dies with its poll: nothing of it comes back.
    hasDied = true;
    const elsewhere = client.at(createTestGate(tenant, { store, provider: scene.provider }));
    const { code } = shown();
    phone.approve();
    tenant.clock.advance(LONGEST_CLAIM_MS);
    await expect
      .poll(() => {
        tenant.clock.advance(CIBA_POLL_MS);
        return elsewhere.view();
      })
      .toMatchObject({ state: 'polling', pushCode: { isAnswered: true, isAwaited: true, triesLeft: 2 } });
    expect(await elsewhere.isAllowed()).toBe(false);
    expect(await elsewhere.event({ type: 'code.submit', code: 'CCCC' })).toMatchObject({
      pushCode: { triesLeft: 1 },
    });
    expect(await elsewhere.event({ type: 'code.submit', code })).toMatchObject({ state: 'approved' });
    expect(await elsewhere.isAllowed()).toBe(true);
    expect(tenant.exchanges.filter(({ path }) => path === '/bc-authorize')).toHaveLength(1);
  });
});
