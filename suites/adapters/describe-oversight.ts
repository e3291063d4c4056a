import { describe, expect, it } from 'vitest';
import { POLL_MS } from '../test-tenant.ts';
import type { Bank, Browser, HandlerGate } from './bank.ts';
import type { Scene } from './scene.ts';

/** What templates can show, and how to end approvals from outside. */
export function describeOversight(scene: Scene): void {
  async function visit(): Promise<{ readonly bank: Bank; readonly browser: Browser }> {
    await scene.tenant.enrolPush();
    const subject = scene.tenant.ada.subject;
    const bank = await scene.open({
      deeds: {
        status: async (gate: HandlerGate) => ({ status: await gate.status() }),
        'sign-out': async (gate) => ({ done: await gate.revoke() }),
        'new-password': async (gate) => ({ done: await gate.revokeSubject(subject) }),
      },
    });
    return { bank, browser: await bank.browser() };
  }

  async function approve(browser: Browser): Promise<void> {
    await browser.start();
    scene.tenant.phone.approve();
    scene.tenant.clock.advance(POLL_MS);
    expect(await browser.view()).toMatchObject({ state: 'approved' });
  }

  const statusOf = async (browser: Browser): Promise<unknown> =>
    (await browser.post('/status', {})).json<{ status: unknown }>().status;

  describe('status', () => {
    it('shows the flow under way, and the freshest approval with its age', async () => {
      const { browser } = await visit();

      const before = await statusOf(browser);
      await browser.start();
      const meanwhile = await statusOf(browser);
      scene.tenant.phone.approve();
      scene.tenant.clock.advance(POLL_MS);
      await browser.view();
      scene.tenant.clock.advance(90_000);
      const after = await statusOf(browser);

      expect(before).toEqual({});
      expect(meanwhile).toEqual({ flow: { state: 'polling', factor: 'push' } });
      expect(after).toEqual({
        approval: expect.objectContaining({ factor: 'push', approvedAt: scene.tenant.clock.now() - 90_000 }),
        approvalAgeMs: 90_000,
      });
    });

    it('shows a stranger nothing', async () => {
      const { bank } = await visit();

      expect(await statusOf(bank.stranger())).toBeUndefined();
    });
  });

  describe('revoke', () => {
    it("ends the browser's approval at sign-out", async () => {
      const { browser } = await visit();
      await approve(browser);

      await browser.post('/sign-out', {});

      expect((await browser.post('/transfers', {})).status).toBe(401);
      expect(await statusOf(browser)).toEqual({});
    });

    it('ends the flow, and lets another browser of the user send a push', async () => {
      const { bank, browser } = await visit();
      await browser.start();
      expect(await (await bank.browser()).start()).toMatchObject({ reason: 'push_in_progress' });

      await browser.post('/sign-out', {});

      expect((await browser.send('GET', '/step-up/flow')).status).toBe(404);
      scene.tenant.clock.advance(15_000);
      expect(await (await bank.browser()).start()).toMatchObject({ state: 'polling' });
    });
  });

  describe('revokeSubject', () => {
    it('ends the approvals of all browsers, once and for good', async () => {
      const { bank, browser } = await visit();
      const other = await bank.browser();
      await approve(browser);
      scene.tenant.clock.advance(15_000);
      await approve(other);

      await browser.post('/new-password', {});
      const statuses = [];
      for (const one of [browser, other]) statuses.push((await one.post('/transfers', {})).status);
      scene.tenant.clock.advance(15_000);
      await approve(browser);

      expect(statuses).toEqual([401, 401]);
      expect((await browser.post('/transfers', {})).status).toBe(200);
      expect((await other.post('/transfers', {})).status).toBe(401);
    });

    // No host can change what follows.
    if (!scene.everything) return;

    it('ends a flow whose push is on the phone, and ignores the answer', async () => {
      const { browser } = await visit();
      await browser.start();

      await browser.post('/new-password', {});
      scene.tenant.phone.approve();
      scene.tenant.clock.advance(POLL_MS);

      expect((await browser.send('GET', '/step-up/flow')).status).toBe(404);
      expect((await browser.post('/transfers', {})).status).toBe(401);
    });

    it('ends requirements that were issued before', async () => {
      const { browser } = await visit();
      const requirement = await browser.requirement();

      await browser.post('/new-password', {});
      const answer = await browser.post('/step-up/flow', { requirement });
      scene.tenant.clock.advance(1);

      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({ error: 'requirement_expired' });
      expect(await browser.start()).toMatchObject({ state: 'polling' });
    });
  });
}
