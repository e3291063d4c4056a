import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createRemoteStepUp, type RemoteStepUp } from '../../src/index.ts';
import { createManualClock, type ManualClock } from '../support/manual-clock.ts';
import { createManualPresence, type ManualPresence } from '../support/manual-presence.ts';
import { type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts';
import { until } from '../support/until.ts';
import { pollingView, viewOf } from '../support/views.ts';

interface Tab {
  readonly stepUp: RemoteStepUp;
  readonly presence: ManualPresence;
  readonly clock: ManualClock;
}

interface Scene {
  readonly server: ScriptedServer;
  readonly flowId: string;
  /** Opens a tab that follows the flow, and waits until it does. */
  readonly openTab: () => Promise<Tab>;
  /** Opens a tab without waiting. */
  readonly beginTab: () => Tab;
}

async function createScene(): Promise<Scene> {
  const server = await startScriptedServer();
  const flowId = randomUUID();
  server.onStart = () => server.view ?? pollingView({ version: 3, flowId });
  function beginTab(): Tab {
    const [presence, clock] = [createManualPresence(), createManualClock()];
    const { basePath } = server;
    const stepUp = createRemoteStepUp({ basePath, requirement: 'ticket', clock, presence, random: () => 0 });
    onTestFinished(() => stepUp.stop());
    stepUp.send({ type: 'flow.start' });
    return { stepUp, presence, clock };
  }
  return {
    server,
    flowId,
    beginTab,
    async openTab() {
      const tab = beginTab();
      await until(tab.stepUp, ({ connection }) => connection === 'live');
      return tab;
    },
  };
}

/** Takes the lead as a tab that stays silent until the test is over. */
function hang(flowId: string, options: LockOptions = {}): void {
  const { promise: forever, resolve: letGo } = Promise.withResolvers<void>();
  onTestFinished(() => letGo());
  // Rejects when another tab steals the lead.
  navigator.locks.request(`stepgate ${flowId}`, options, () => forever).catch(() => {});
}

/** How many tabs hold the flow's lock or wait for it. */
async function tabsAt(flowId: string): Promise<number> {
  const { held = [], pending = [] } = await navigator.locks.query();
  return [...held, ...pending].filter(({ name }) => name?.includes(flowId)).length;
}

afterEach(() => vi.unstubAllGlobals());

describe('tabs that follow the same flow', () => {
  it('share one connection to the end', async () => {
    const { flowId, openTab, server } = await createScene();
    const tabs = [await openTab(), await openTab(), await openTab()];

    server.tell(pollingView({ version: 4, flowId, reason: 'rate_limited' }));
    await Promise.all(tabs.map(({ stepUp }) => until(stepUp, ({ view }) => view.reason === 'rate_limited')));
    server.tell(viewOf('approved', { version: 5, flowId }));
    await Promise.all(tabs.map(({ stepUp }) => until(stepUp, ({ status }) => status === 'done')));

    expect(server.count('GET /flow')).toBe(1);
    await expect.poll(() => tabsAt(flowId)).toBe(0);
  });

  it.each<[string, (tab: Tab) => void]>([
    ['hidden', ({ presence }) => presence.hide()],
    ['closed', ({ stepUp }) => stepUp.stop()],
    ['offline', ({ presence }) => presence.disconnect()],
  ])('continue through another tab at once when the leading tab is %s', async (_, leave) => {
    const { flowId, openTab, server } = await createScene();
    const leading = await openTab();
    const other = await openTab();
    const stream = await server.request('GET /flow');

    leave(leading);
    await stream.closed;
    await server.request('GET /flow', 2);
    server.tell(viewOf('approved', { version: 4, flowId }));

    expect((await until(other.stepUp, ({ status }) => status === 'done')).view.state).toBe('approved');
  });

  it('pass the missed view to a tab that is shown again, without a request', async () => {
    const { flowId, openTab, server } = await createScene();
    const leading = await openTab();
    const other = await openTab();

    other.presence.hide();
    await until(other.stepUp, ({ connection }) => connection === 'paused');
    server.tell(viewOf('identifying', { version: 4, flowId }));
    await until(leading.stepUp, ({ view }) => view.version === 4);
    expect(other.stepUp.view.version).toBe(3);
    other.presence.show();

    await until(other.stepUp, ({ view }) => view.version === 4);
    expect(server.count('GET /flow')).toBe(1);
  });

  it('pass heartbeats on to each other', async () => {
    const { openTab, server } = await createScene();
    await openTab();
    const other = await openTab();

    other.clock.advance(30_000);
    server.write(': still here\n\n');
    await server.settle();
    other.clock.advance(30_000);
    await server.settle();
    other.clock.advance(1_000);
    await server.settle();

    expect(server.count('GET /flow')).toBe(1);
  });

  it('take the lead from a tab that hangs', async () => {
    const { beginTab, flowId, server } = await createScene();
    hang(flowId);
    const { clock, stepUp } = beginTab();

    await clock.timerOf((ms) => ms === 40_000);
    clock.advance(40_000);
    await clock.timerOf((ms) => ms === 1_000);
    clock.advance(1_000);

    await server.request('GET /flow');
    await until(stepUp, ({ connection }) => connection === 'live');
  });

  it('follow again after they have lost the lead', async () => {
    const { flowId, openTab, server } = await createScene();
    const { clock, stepUp } = await openTab();
    const stream = await server.request('GET /flow');
    const channel = new BroadcastChannel(`stepgate ${flowId}`);
    onTestFinished(() => channel.close());

    hang(flowId, { steal: true });
    await stream.closed;
    await clock.timerOf((ms) => ms === 1_000);
    clock.advance(1_000);
    await clock.timerOf((ms) => ms === 40_000);
    channel.postMessage(viewOf('identifying', { version: 4, flowId }));

    await until(stepUp, ({ view }) => view.version === 4);
    expect(server.count('GET /flow')).toBe(1);
  });

  it('move on together when another flow starts', async () => {
    const { openTab, server } = await createScene();
    const tabs = [await openTab(), await openTab()];
    const flowId = randomUUID();

    server.tell(pollingView({ version: 4, flowId }));
    await Promise.all(tabs.map(({ stepUp }) => until(stepUp, ({ view }) => view.flowId === flowId)));
    await expect.poll(() => tabsAt(flowId)).toBe(2);
    server.tell(viewOf('approved', { version: 5, flowId }));

    await Promise.all(tabs.map(({ stepUp }) => until(stepUp, ({ status }) => status === 'done')));
  });
});

describe('a tab', () => {
  it('ignores the flow of another login, and accepts no view of one on its own channel', async () => {
    const mine = await createScene();
    const theirs = await createScene();
    const tab = await mine.openTab();
    await theirs.openTab();
    const seen: unknown[] = [];
    tab.stepUp.subscribe(({ view }) => seen.push(view));
    const channel = new BroadcastChannel(`stepgate ${mine.flowId}`);
    onTestFinished(() => channel.close());

    theirs.server.tell(pollingView({ version: 7, flowId: theirs.flowId }));
    channel.postMessage(pollingView({ version: 8, flowId: theirs.flowId }));
    channel.postMessage(viewOf('identifying', { version: 4, flowId: mine.flowId }));
    await until(tab.stepUp, ({ view }) => view.version === 4);

    expect(seen).toMatchObject([{ version: 4, flowId: mine.flowId }]);
  });

  it('never goes back to an older view of its flow', async () => {
    const { flowId, openTab, server } = await createScene();
    const leading = await openTab();
    const other = await openTab();
    server.onEvent = () => viewOf('challenging', { version: 6, flowId });
    other.stepUp.send({ type: 'challenge.resend' });
    await until(other.stepUp, ({ view, pending }) => view.version === 6 && pending === undefined);
    const seen: number[] = [];
    other.stepUp.subscribe(({ view }) => seen.push(view.version));

    server.tell(viewOf('listing', { version: 5, flowId }));
    await until(leading.stepUp, ({ view }) => view.version === 5);
    server.tell(pollingView({ version: 7, flowId }));
    await until(other.stepUp, ({ view }) => view.version === 7);

    expect(seen).toEqual([7]);
  });

  it('keeps a newer view than the leading tab has', async () => {
    const { flowId, openTab, server } = await createScene();
    await openTab();

    server.view = viewOf('identifying', { version: 5, flowId });
    const { stepUp } = await openTab();

    expect(stepUp.view.version).toBe(5);
    expect(server.count('GET /flow')).toBe(1);
  });

  it('has its own connection in a browser without locks', async () => {
    vi.stubGlobal('navigator', {});
    const { openTab, server } = await createScene();

    await openTab();
    await openTab();

    expect(server.count('GET /flow')).toBe(2);
  });
});
