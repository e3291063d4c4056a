import type { FlowView } from '@stepgate/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Answer } from '../http.ts';
import { type GateProcess, startProcess } from './gate-process.ts';
import type { StorePlace } from './open-store.ts';
import { type Browser, startTenant } from './tenant.ts';
import { LEASE_MS, POLL_INTERVAL_MS } from './timing.ts';

/** Much less than the lease of a killed process: a busy machine may need some of it. */
const PROMPTLY_MS = LEASE_MS / 3;

/** Looks at the flow until it is approved, as an open tab does. */
async function watch(browser: Browser, process: GateProcess): Promise<FlowView> {
  for (let version = -1; ; ) {
    const view = await browser.view(process, version);
    if (view?.state === 'approved') return view;
    version = view?.version ?? version;
  }
}

function sorted(answers: readonly Answer[]): readonly number[] {
  return answers.map(({ status }) => status).toSorted((a, b) => a - b);
}

/** Tests that several processes on one store act as one. `store` makes it, for this suite alone or for all. */
export function describeManyProcesses(
  describe: (title: string, body: () => void) => unknown,
  store: () => StorePlace | Promise<StorePlace>,
): void {
  describe('many processes', () => {
    let place: StorePlace;
    let processes: readonly GateProcess[] = [];
    let here: GateProcess;
    let there: GateProcess;

    beforeAll(async () => {
      place = await store();
      const starting = Array.from({ length: 3 }, () => startProcess(place, { isKept: true }));
      processes = await Promise.all(starting);
      [here, there] = processes as [GateProcess, GateProcess];
    });
    afterAll(() => Promise.all(processes.map((one) => one.stop())));

    it('make one flow of two tabs, four watchers and a double click: one push, one poll at a time, one approval', async () => {
      const tenant = await startTenant();
      const browser = await tenant.browser();

      const clicks = await Promise.all(
        [here, there, here, there].map((one) => browser.start(one, '/single')),
      );
      const watching = Promise.all([here, there, here, there].map((one) => watch(browser, one)));
      await tenant.phone.nextNotification();
      await expect.poll(() => tenant.exchanges().length).toBeGreaterThan(4);
      tenant.phone.approve();
      const views = await watching;
      const uses = await Promise.all([here, there].map((one) => browser.send(one, 'POST', '/single')));

      expect(sorted(clicks)).toEqual([200, 200, 200, 201]);
      expect(tenant.messages()).toBe(1);
      expect(views.map(({ state }) => state)).toEqual(Array(4).fill('approved'));
      expect(sorted(uses)).toEqual([200, 401]);
      const exchanges = tenant.exchanges();
      expect(exchanges.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(exchanges.filter(({ status }) => status === 429)).toHaveLength(0);
      // Each process would poll as often as all of them may. A busy machine may bring two polls closer together.
      const tookMs = (exchanges.at(-1)?.at ?? 0) - (exchanges[0]?.at ?? 0);
      expect(exchanges.length - 1).toBeLessThanOrEqual(tookMs / POLL_INTERVAL_MS + 1);
    });

    it('let exactly one of 50 requests use a single-use approval', async () => {
      const tenant = await startTenant();
      const browser = await tenant.browser();
      await browser.start(here, '/single');
      await tenant.phone.nextNotification();
      tenant.phone.approve();
      await watch(browser, here);

      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, n) =>
          browser.send(processes[n % processes.length] ?? here, 'POST', '/single'),
        ),
      );

      const statuses = answers.map(({ status }) => status);
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      expect(statuses.filter((status) => status !== 200 && status !== 401)).toEqual([]);
      expect(processes.reduce((sum, one) => sum + one.runs(tenant.id), 0)).toBe(1);
    });

    it('try five wrong codes per flow, however many arrive at once', async () => {
      const tenant = await startTenant();
      const browser = await tenant.browser();
      const chooser = (await browser.start(here, '/otp')).json<FlowView>();
      const [app] = chooser.authenticators;
      await browser.event(here, chooser, { type: 'factor.choose', authenticatorId: app?.id ?? '' });
      const statuses: number[] = [];

      let view: FlowView | undefined;
      // The last time when no further code is tried.
      do {
        view = await browser.view(here);
        if (view === undefined) throw new Error('there is no flow');
        const seen = view;
        const tries = Array.from({ length: 100 }, (_, n) =>
          browser.event(n % 2 === 0 ? here : there, seen, { type: 'code.submit', code: '000000' }),
        );
        statuses.push(...(await Promise.all(tries)).map(({ status }) => status));
      } while (view.reason !== 'too_many_attempts');

      expect(tenant.exchanges()).toHaveLength(5);
      expect(await browser.view(here)).toMatchObject({ reason: 'too_many_attempts' });
      expect(statuses.filter((status) => status >= 500)).toEqual([]);
    });

    it('hand a flow over at once when one stops gracefully, and its tabs reconnect', async () => {
      const tenant = await startTenant();
      const browser = await tenant.browser();
      const old = await startProcess(place);
      await browser.start(old, '/single');
      const push = await tenant.phone.nextNotification();
      const stream = browser.send(old, 'GET', '/step-up/flow', { headers: { accept: 'text/event-stream' } });
      await expect.poll(() => tenant.exchanges().length).toBeGreaterThan(1);

      const stopping = performance.now();
      const [{ text }] = await Promise.all([stream, old.closeGates()]);
      const took = performance.now() - stopping;
      tenant.phone.approve(push.id);
      const resumed = performance.now();
      const view = await watch(browser, here);

      expect(took).toBeLessThan(PROMPTLY_MS);
      expect(text).toMatch(/retry: 1000\n\n$/);
      expect(view.state).toBe('approved');
      expect(performance.now() - resumed).toBeLessThan(PROMPTLY_MS);
      expect(tenant.messages()).toBe(1);
    });
  });
}
