import { describe, expect, it } from 'vitest';
import { PASSWORD, POLL_MS } from '../test-tenant.ts';
import type { Browser } from './bank.ts';
import { openPlainPage, press } from './plain-page.ts';
import type { Scene } from './scene.ts';

const POLICIES = {
  remote: { maxAge: '5m', allowOtherLogin: true, action: { id: 'close-8', title: 'Close account 8' } },
} as const;

/** What one login of a user asks for, and another one approves on the page that a link leads to. */
export function describeLinks(scene: Scene): void {
  /** The path of a link that the browser has asked for. */
  async function linkFor(asker: Browser): Promise<string> {
    const requirement = await asker.requirement('/remote');
    const answer = await asker.post('/step-up/links', { requirement });
    expect(answer.status).toBe(201);
    return new URL(answer.json<{ url: string }>().url).pathname;
  }

  describe('a link to the page', () => {
    it('leads to an approval for the login that has asked, without scripts too', async () => {
      await scene.tenant.enrolPush();
      const bank = await scene.open({ policies: POLICIES });
      const [asker, other] = [await bank.browser(), await bank.browser()];
      const link = await linkFor(asker);

      const page = await openPlainPage(other, link);
      await press(other, page, 'Send approval request');
      scene.tenant.phone.approve();
      scene.tenant.clock.advance(POLL_MS);
      await expect.poll(async () => (await openPlainPage(other, link)).heading).toBe('Confirmed');
      const done = await openPlainPage(other, link);

      expect(page.text).toContain('Close account 8');
      expect(done.heading).toBe('Confirmed');
      expect(done.text).toContain('Go back to where you started');
      expect((await other.post('/remote', {})).status).toBe(401);
      expect((await asker.post('/remote', {})).status).toBe(200);
      expect((await asker.post('/remote', {})).status).toBe(401);
      expect(bank.reached).toEqual(['/remote']);
    });

    it('shows what the flow discloses to the browser that runs it alone', async () => {
      const bank = await scene.open({ policies: POLICIES });
      const [asker, other] = [await bank.browser(), await bank.browser()];
      const link = await linkFor(asker);
      const password = await press(other, await openPlainPage(other, link), 'Send approval request');

      const confirming = await press(other, password, 'Continue', { typed: { password: PASSWORD } });

      expect(confirming.link('Open on this device')).toMatch(/^otpauth:/);
      expect(await asker.view()).toMatchObject({ state: 'confirming', runsElsewhere: true });
      expect(JSON.stringify(await asker.view())).not.toContain('otpauth');
      expect((await asker.event({ type: 'flow.retry' })).status).toBe(409);
    });

    it('opens for the same user alone', async () => {
      const bank = await scene.open({ policies: POLICIES });
      const link = await linkFor(await bank.browser());

      const signedOut = await bank.stranger().navigate(link);

      expect(signedOut.text).not.toContain('Close account 8');
    });
  });
}
