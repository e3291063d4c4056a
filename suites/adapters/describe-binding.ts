import type { Action } from '@stepgate/server';
import { verifyReceipt } from '@stepgate/server/receipt';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../http.ts';
import { POLL_MS } from '../test-tenant.ts';
import type { Bank, BankOptions, Browser, HostRequest } from './bank.ts';
import { openPlainPage, press } from './plain-page.ts';
import type { Scene } from './scene.ts';

const TRANSFER = {
  id: 'transfer',
  title: 'Transfer money',
  bind: ['to', 'amount'],
} as const satisfies Action;
const GRACE = { to: 'Grace', amount: 250 };

const PAGE_LOAD = { accept: 'text/html', 'sec-fetch-mode': 'navigate' };
const URLENCODED = 'application/x-www-form-urlencoded';

interface Refusal {
  readonly step_up: { readonly requirement: string };
  readonly action: { readonly bound: string; readonly details: string };
}

/** The handler runs what was approved: policies that bind members of the body. */
export function describeBinding(scene: Scene): void {
  async function visit(bank: BankOptions = {}): Promise<{ readonly bank: Bank; readonly browser: Browser }> {
    await scene.tenant.enrolPush();
    const opened = await scene.open({
      parsesBodies: true,
      policies: {
        transfer: { action: TRANSFER },
        once: { maxAge: 0, action: { ...TRANSFER, details: 'The same words, whatever is bound' } },
        released: { maxAge: 0, action: TRANSFER },
        kept: { action: { ...TRANSFER, bind: ['to', 'tag'] } },
      },
      ...bank,
    });
    return { bank: opened, browser: await opened.browser() };
  }

  const postForm = (browser: Browser, path: string, body: string): Promise<Answer> =>
    browser.send('POST', path, { headers: { ...PAGE_LOAD, 'content-type': URLENCODED }, body });

  async function approve(browser: Browser, path: string, body: unknown): Promise<void> {
    const refused = (await browser.post(path, body)).json<Refusal>();
    await browser.post('/step-up/flow', { requirement: refused.step_up.requirement });
    await answerPhone(browser);
  }

  async function answerPhone(browser: Browser): Promise<void> {
    scene.tenant.phone.approve();
    scene.tenant.clock.advance(POLL_MS);
    expect(await browser.view()).toMatchObject({ state: 'approved' });
  }

  describe('bound members of the body', () => {
    it.each([
      ['with another value', { to: 'Mallory', amount: 250 }],
      ['with another type', { to: 'Grace', amount: '250' }],
      ['missing', { to: 'Grace' }],
      ['null', { to: 'Grace', amount: null }],
      ['doubled', { to: ['Grace', 'Mallory'], amount: 250 }],
      ['of another shape', { to: { name: 'Grace' }, amount: 250 }],
    ])('need another approval when one is %s', async (_how, changed) => {
      const { bank, browser } = await visit();
      await approve(browser, '/transfer', GRACE);

      const other = await browser.post('/transfer', changed);
      const same = await browser.post('/transfer', { memo: 'not bound', amount: 250, to: 'Grace' });

      expect([other.status, same.status]).toEqual([401, 200]);
      expect(bank.reached).toEqual(['/transfer']);
    });

    it('need another approval when one is added', async () => {
      const { browser } = await visit();
      await approve(browser, '/transfer', { to: 'Grace' });

      expect((await browser.post('/transfer', GRACE)).status).toBe(401);
      expect((await browser.post('/transfer', { to: 'Grace' })).status).toBe(200);
    });

    it('need another approval when a form repeats one', async () => {
      const { bank, browser } = await visit();
      const refused = await postForm(browser, '/transfer', 'to=Grace&amount=250');
      const page = await openPlainPage(browser, refused.headers.location ?? '');
      await press(browser, page, 'Send approval request');
      await answerPhone(browser);

      const twice = await postForm(browser, '/transfer', 'to=Grace&amount=250&amount=9999');
      const before = await postForm(browser, '/transfer', 'amount=9999&to=Grace&amount=250');
      const same = await postForm(browser, '/transfer', 'amount=250&to=Grace');

      expect([twice.status, before.status, same.status]).toEqual([303, 303, 200]);
      expect(bank.reached).toEqual(['/transfer']);
    });

    it('are shown on the page and told to the client, one per line', async () => {
      const { browser } = await visit();

      const refused = await browser.post('/transfer', { to: 'Grace\namount: 1', amount: 9_999 });
      const { action, step_up } = refused.json<Refusal>();
      const page = await openPlainPage(browser, `/step-up?requirement=${step_up.requirement}`);

      expect(action).toEqual({
        id: 'transfer',
        title: 'Transfer money',
        details: 'to: "Grace\\namount: 1"\namount: 9999',
        bound: expect.stringMatching(/^[\w-]{43}$/),
      });
      expect(page.text).toContain('to: "Grace\\namount: 1" amount: 9999');
    });

    it('can come from a function', async () => {
      const { bank, browser } = await visit({
        policies: {
          async pay(native) {
            const body = (await scene.host.bodyOf(native)) as { readonly items: readonly unknown[] };
            return { action: { id: 'pay', bind: () => ({ items: body.items.length }) } };
          },
        },
      });
      await approve(browser, '/pay', { items: [1, 2] });

      expect((await browser.post('/pay', { items: [1, 2, 3] })).status).toBe(401);
      expect((await browser.post('/pay', { items: [3, 4] })).status).toBe(200);
      expect(bank.errors).toEqual([]);
    });

    it('let nobody through when the function returns something that JSON cannot hold', async () => {
      const asDate = (): unknown => new Date(0);
      const asMap = (_request: HostRequest): unknown => ({ to: new Map([['to', 'Grace']]) });
      const { bank, browser } = await visit({
        policies: {
          date: { action: { id: 'date', bind: asDate } },
          map: { action: { id: 'map', bind: asMap } },
          nothing: { action: { id: 'nothing', bind: () => undefined } },
        },
      });

      for (const path of ['/date', '/map', '/nothing']) {
        expect((await browser.post(path, GRACE)).status).toBe(500);
      }
      expect(bank.errors).toEqual(
        ['a Date', 'a Map', 'undefined'].map((kind) =>
          expect.objectContaining({ message: expect.stringContaining(`must give JSON, and ${kind} is not`) }),
        ),
      );
      expect(bank.reached).toEqual([]);
    });

    it.each(['{}', '[]', 'null', '"to=Grace"', '{"To":"Grace"}'])(
      'refuse a request with none of them in the body: %s',
      async (body) => {
        const { bank, browser } = await visit();
        const answer = await browser.send('POST', '/transfer', {
          headers: { 'content-type': 'application/json' },
          body,
        });

        expect(answer.status).toBe(400);
        expect(bank.reached).toEqual([]);
        expect(bank.errors.filter((error) => (error as { code?: unknown }).code === 'misconfigured')).toEqual(
          [],
        );
      },
    );

    it('accept no prototype from a body', async () => {
      const { bank, browser } = await visit();

      const answer = await browser.send('POST', '/transfer', {
        headers: { 'content-type': 'application/json' },
        body: '{"to":"Grace","__proto__":{"amount":9999}}',
      });

      expect(answer.status).toBe(400);
      expect(bank.reached).toEqual([]);
    });

    it.skipIf(scene.host.readsBodies)('answer 500 until a parser has filled the body', async () => {
      const { bank, browser } = await visit({ parsesBodies: false });

      const answer = await browser.post('/transfer', GRACE);

      expect(answer.status).toBe(500);
      expect(answer.json()).toMatchObject({ error: 'misconfigured' });
      expect(bank.errors).toEqual([
        expect.objectContaining({ message: expect.stringMatching(/Put the body parser before the guard/) }),
      ]);
      expect(bank.reached).toEqual([]);
    });

    it.runIf(scene.host.handlersParse)('are read as the handler reads them, or not at all', async () => {
      const { bank, browser } = await visit();
      const both = JSON.stringify({ to: 'Mallory', amount: 9_999, x: '&to=Grace&amount=250&' });

      const statuses = [];
      for (const [type, body] of [
        [URLENCODED, both],
        [URLENCODED, `\uFEFF${both}`],
        ['text/plain', both],
        ['multipart/form-data; boundary=x', both],
        ['application/json', 'to=Grace&amount=250'],
        ['', both],
      ] as const) {
        const answer = await browser.send('POST', '/transfer', { headers: { 'content-type': type }, body });
        statuses.push(answer.status);
      }

      expect(statuses).toEqual([400, 400, 415, 400, 400, 415]);
      expect(bank.reached).toEqual([]);
    });
  });

  describe('bound members and a single-use approval', () => {
    it('run once, exactly as approved', async () => {
      const { bank, browser } = await visit();
      await approve(browser, '/once', GRACE);

      const statuses = [];
      for (const body of [{ ...GRACE, amount: 9_999 }, GRACE, GRACE]) {
        statuses.push((await browser.post('/once', body)).status);
      }

      expect(statuses).toEqual([401, 200, 401]);
      expect(bank.reached).toEqual(['/once']);
    });

    it('stay the same when the handler gives the approval back', async () => {
      const { browser } = await visit();
      await approve(browser, '/released', GRACE);

      const statuses = [];
      for (const body of [GRACE, { ...GRACE, amount: 9_999 }, GRACE]) {
        statuses.push((await browser.post('/released', body)).status);
      }

      expect(statuses).toEqual([200, 401, 200]);
    });
  });

  describe('bound members and a kept form', () => {
    it('run when the form is sent again unchanged, and not when it was changed', async () => {
      const { bank, browser } = await visit();
      const fields = 'to=Grace&tag=one&tag=two&note=x';
      const refused = await postForm(browser, '/kept', fields);
      const before = await openPlainPage(browser, refused.headers.location ?? '');
      await press(browser, before, 'Send approval request');
      await answerPhone(browser);

      const page = await openPlainPage(browser, refused.headers.location ?? '');
      const { path, body } = page.post('Continue');
      const changed = await postForm(browser, path, body.replace('Grace', 'Mallory'));
      const same = await postForm(browser, path, body);

      expect(before.text).toContain('to: Grace tag: ["one","two"]');
      expect([changed.status, same.status]).toEqual([303, 200]);
      expect(bank.reached).toEqual(['/kept']);
    });
  });

  describe('a receipt', () => {
    it('is verified with the keys of the gate, by the service that acts on it', async () => {
      const { bank, browser } = await visit({
        deeds: {
          pay: async (gate) => {
            const stepUp = await gate.assert({ maxAge: 0, action: TRANSFER });
            return { receipt: await stepUp?.receipt({ audience: 'ledger' }) };
          },
        },
        policies: { once: { maxAge: 0, action: TRANSFER } },
      });
      await approve(browser, '/once', GRACE);

      const { receipt } = (await browser.post('/pay', GRACE)).json<{ receipt: string }>();
      const options = {
        issuer: `${bank.url}/step-up`,
        audience: 'ledger',
        now: () => scene.tenant.clock.now(),
      };

      expect(await verifyReceipt(receipt, { ...options, bound: GRACE })).toMatchObject({
        subject: scene.tenant.ada.subject,
        action: 'transfer',
        factor: 'push',
      });
      await expect(
        verifyReceipt(receipt, { ...options, bound: { ...GRACE, amount: 251 } }),
      ).rejects.toMatchObject({
        code: 'receipt_invalid',
      });
      expect((await browser.post('/pay', GRACE)).status).toBe(401);
    });
  });

  // No host can change what follows.
  if (!scene.everything) return;

  describe('bound members in two tabs', () => {
    it('need two approvals: the second tab does not join the flow of the first or use its approval', async () => {
      const { bank, browser } = await visit();
      // From now on both tabs have the same handle.
      await browser.start('/transfers');
      await browser.send('DELETE', '/step-up/flow');
      scene.tenant.clock.advance(15_000);
      const tab = browser.copy();
      const first = (await browser.post('/transfer', GRACE)).json<Refusal>();
      const second = (await tab.post('/transfer', { to: 'Mallory', amount: 9_999 })).json<Refusal>();

      await browser.post('/step-up/flow', { requirement: first.step_up.requirement });
      const joined = await tab.post('/step-up/flow', { requirement: second.step_up.requirement });
      await answerPhone(browser);

      expect(joined.json()).toMatchObject({ error: 'flow_in_progress' });
      expect((await tab.post('/transfer', { to: 'Mallory', amount: 9_999 })).status).toBe(401);
      expect((await tab.post('/transfer', GRACE)).status).toBe(200);
      expect(bank.reached).toEqual(['/transfer']);
    });
  });
}
