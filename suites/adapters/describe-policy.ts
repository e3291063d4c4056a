import { inspect } from 'node:util';
import type { StepUpError } from '@stepgate/core';
import type { Decision, Policy } from '@stepgate/server';
import { describe, expect, it } from 'vitest';
import { POLL_MS } from '../test-tenant.ts';
import type { Bank, BankOptions, Browser, HostRequest } from './bank.ts';
import type { Scene } from './scene.ts';

interface Transfer {
  readonly amount: number;
}

/** Policies that depend on the request, several at once, and the gate inside handlers. */
export function describePolicy(scene: Scene): void {
  const bodyOf = async (native: HostRequest): Promise<Transfer> =>
    (await scene.host.bodyOf(native)) as Transfer;
  const overThousand = async (native: HostRequest): Promise<Policy | false> =>
    (await bodyOf(native)).amount > 1_000 && { maxAge: '5m' };

  async function visit(bank: BankOptions): Promise<{ readonly bank: Bank; readonly browser: Browser }> {
    await scene.tenant.enrolPush();
    const opened = await scene.open({ parsesBodies: true, ...bank });
    return { bank: opened, browser: await opened.browser() };
  }

  /** Meets the route's requirement. */
  async function approve(browser: Browser, path: string, body: unknown = {}): Promise<void> {
    // The phone cannot get two messages at once.
    scene.tenant.clock.advance(15_000);
    const refused = (await browser.post(path, body)).json<{ step_up: { requirement: string } }>();
    await browser.post('/step-up/flow', { requirement: refused.step_up.requirement });
    scene.tenant.phone.approve();
    scene.tenant.clock.advance(POLL_MS);
    expect(await browser.view()).toMatchObject({ state: 'approved' });
  }

  async function statuses(browser: Browser, ...paths: readonly string[]): Promise<readonly number[]> {
    const found = [];
    for (const path of paths) found.push((await browser.post(path, {})).status);
    return found;
  }

  describe('a policy that depends on the request', () => {
    it('requires a step-up or none, as it decides', async () => {
      const { bank, browser } = await visit({ policies: { pay: overThousand } });

      const small = await browser.post('/pay', { amount: 1_000 });
      const large = await browser.post('/pay', { amount: 1_001 });
      await approve(browser, '/pay', { amount: 1_001 });
      const approved = await browser.post('/pay', { amount: 1_001 });

      expect([small.status, large.status, approved.status]).toEqual([200, 401, 200]);
      expect(small.json()).toEqual({ done: 'pay' });
      expect(approved.json()).toEqual({ done: 'pay', factor: 'push' });
      expect(bank.errors).toEqual([]);
    });

    it('runs only after a signed-out client was asked to sign in', async () => {
      const { bank } = await visit({
        policies: {
          pay: () => {
            throw new Error('nobody is signed in');
          },
        },
      });

      expect((await bank.stranger().post('/pay', {})).json()).toMatchObject({ error: 'login_required' });
      expect(bank.errors).toEqual([]);
    });

    it.skipIf(scene.host.readsBodies)(
      'refuses when no parser has filled the body that it reads',
      async () => {
        const { bank, browser } = await visit({ parsesBodies: false, policies: { pay: overThousand } });

        const answer = await browser.post('/pay', { amount: 5_000 });

        expect(answer.status).toBe(500);
        expect(answer.json()).toMatchObject({ error: 'misconfigured' });
        expect(bank.errors).toEqual([
          expect.objectContaining({ message: expect.stringMatching(/but no parser has filled it/) }),
        ]);
        expect(bank.reached).toEqual([]);
      },
    );

    it.skipIf(scene.host.readsBodies)('refuses a body that only a later parser will read', async () => {
      const { bank, browser } = await visit({ policies: { pay: overThousand } });

      const answer = await browser.send('POST', '/pay', {
        headers: { 'content-type': 'multipart/mixed; boundary=x' },
        body: '--x\r\n\r\n5000\r\n--x--',
      });

      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({ error: 'invalid_request' });
      expect(bank.reached).toEqual([]);
    });

    it.each([undefined, null, true, 0, ''])('refuses when it returns %j', async (answer) => {
      const { bank, browser } = await visit({ policies: { pay: () => answer as false } });

      expect((await browser.post('/pay', {})).json()).toMatchObject({ error: 'misconfigured' });
      expect(bank.errors).toEqual([
        expect.objectContaining({ message: expect.stringContaining(`the function returned ${answer}`) }),
      ]);
      expect(bank.reached).toEqual([]);
    });

    it('lets nobody through when it throws or is not a policy', async () => {
      const { bank, browser } = await visit({
        policies: {
          throwing: () => Promise.reject(new Error('the limits of db.internal are unreachable')),
          wrong: () => ({ maxAge: 'soon' as '5m' }),
        },
      });

      for (const path of ['/throwing', '/wrong']) {
        const answer = await browser.post(path, {});
        expect(answer.status).toBe(500);
        expect(answer.text).not.toMatch(/db\.internal|maxAge/);
      }
      expect(bank.errors).toEqual([
        expect.objectContaining({
          message: 'policy of POST /throwing: the limits of db.internal are unreachable',
        }),
        expect.objectContaining({
          message: expect.stringMatching(/^policy of POST \/wrong: policy\.maxAge: must be /),
        }),
      ]);
      expect(bank.reached).toEqual([]);
    });

    it('refuses with the 4xx status that it throws, as http-errors does', async () => {
      const { bank, browser } = await visit({
        policies: {
          async pay(native) {
            if (Number.isSafeInteger((await bodyOf(native)).amount)) return { maxAge: '5m' };
            throw Object.assign(new Error('amount must be a whole number'), { status: 422, expose: true });
          },
        },
      });

      const refused = await browser.post('/pay', { amount: 'a lot' });

      expect(refused.status).toBe(422);
      expect(refused.json()).toEqual({
        error: 'invalid_request',
        error_description: 'amount must be a whole number',
      });
      expect(bank.reached).toEqual([]);
      expect(bank.errors).toEqual([]);
    });

    it('names the action, which the page shows and the approval is bound to', async () => {
      const { browser } = await visit({
        policies: {
          pay: {
            async action(native) {
              const { amount } = await bodyOf(native);
              return { id: `pay ${amount}`, title: `Transfer ${amount} EUR` };
            },
          },
        },
      });

      const refused = await browser.post('/pay', { amount: 250 });
      const { step_up, action } = refused.json<{ step_up: { requirement: string }; action: unknown }>();
      const page = await browser.navigate(`/step-up?requirement=${step_up.requirement}`);
      await approve(browser, '/pay', { amount: 250 });

      expect(action).toEqual({ id: 'pay 250', title: 'Transfer 250 EUR' });
      expect(page.text).toContain('Transfer 250 EUR');
      expect((await browser.post('/pay', { amount: 251 })).status).toBe(401);
      expect((await browser.post('/pay', { amount: 250 })).status).toBe(200);
    });

    it('must return an action if it is expected to', async () => {
      const { bank, browser } = await visit({ policies: { pay: { action: () => undefined as never } } });

      expect((await browser.post('/pay', {})).status).toBe(500);
      expect(bank.errors).toEqual([
        expect.objectContaining({ message: expect.stringContaining('policy.action') }),
      ]);
    });
  });

  describe('several guards of one route', () => {
    const both = [
      { maxAge: 0, action: { id: 'first' } },
      { maxAge: 0, action: { id: 'second' } },
    ];

    it('need one approval each, and use up none until all are met', async () => {
      const { bank, browser } = await visit({ policies: { both } });

      await approve(browser, '/both');
      const half = await statuses(browser, '/both', '/both');
      await approve(browser, '/both');
      const whole = await statuses(browser, '/both', '/both');

      expect(half).toEqual([401, 401]);
      expect(whole).toEqual([200, 401]);
      expect(bank.reached).toEqual(['/both']);
    });

    it('share one approval if they ask for the same, which serves that request alone', async () => {
      const { bank, browser } = await visit({ policies: { twice: [{ maxAge: 0 }, { maxAge: 0 }] } });

      await approve(browser, '/twice');

      expect(await statuses(browser, '/twice', '/twice')).toEqual([200, 401]);
      expect(bank.reached).toEqual(['/twice']);
    });
  });

  describe('a guard after a handler', () => {
    it('restores nothing that the handler has run with, whatever it refuses', async () => {
      const { bank, browser } = await visit({
        policies: { pay: { maxAge: 0 } },
        behind: { pay: [{ maxAge: 0, action: { id: 'another' } }] },
      });

      await approve(browser, '/pay');
      for (let i = 0; i < 5; i += 1) await browser.post('/pay', {});

      expect(bank.reached).toEqual(['/pay']);
    });
  });

  describe('the gate inside a handler', () => {
    const single = { maxAge: 0 };

    it('continues with an approval, and uses up a single-use one at every call', async () => {
      const { browser } = await visit({
        deeds: {
          one: async (gate) => ({ factor: (await gate.assert(single))?.approval.factor }),
          two: async (gate) => {
            await gate.assert(single);
            await gate.assert(single);
          },
        },
        policies: { single },
      });

      await approve(browser, '/single');
      const twice = await browser.post('/two', {});
      await approve(browser, '/single');
      const once = await browser.post('/one', {});

      expect(twice.status).toBe(401);
      expect(once.json()).toEqual({ factor: 'push' });
      expect((await browser.post('/one', {})).status).toBe(401);
    });

    it('throws what a response needs, and the way to a step-up', async () => {
      const refusals: StepUpError[] = [];
      const { browser } = await visit({
        deeds: {
          one: (gate) => gate.assert(single).catch((error: StepUpError) => void refusals.push(error)),
        },
      });

      await browser.post('/one', {});

      expect(refusals).toEqual([
        expect.objectContaining({
          code: 'insufficient_user_authentication',
          status: 401,
          expose: true,
          headers: { 'www-authenticate': expect.stringContaining('max_age="0"') },
          details: {
            max_age: 0,
            factors: ['push', 'otp'],
            step_up: { start: '/step-up/flow', requirement: expect.stringMatching(/^[\w-]{80,}$/) },
          },
        }),
      ]);
    });

    it('throws the handle for a page load, which only a response can set', async () => {
      const refusals: StepUpError[] = [];
      const { browser } = await visit({
        deeds: {
          one: (gate) => gate.assert(single).catch((error: StepUpError) => void refusals.push(error)),
        },
      });

      await browser.post('/one', {}, { accept: 'text/html', 'sec-fetch-mode': 'navigate' });

      const [, handle] = /^stepgate=([\w-]{43});/.exec(refusals[0]?.headers['set-cookie'] ?? '') ?? [];
      expect(handle).toBeDefined();
      expect(inspect(refusals, { depth: 9 })).not.toContain(handle);
      expect(JSON.stringify(refusals)).not.toContain(handle);
    });

    it('decides without using anything up', async () => {
      const { browser } = await visit({
        deeds: {
          look: async (gate) => {
            const decisions: Decision[] = [await gate.check(single), await gate.check(() => false)];
            return decisions.map(({ isAllowed }) => isAllowed);
          },
        },
        policies: { single },
      });

      const before = (await browser.post('/look', {})).json();
      await approve(browser, '/single');
      const after = [(await browser.post('/look', {})).json(), (await browser.post('/look', {})).json()];

      expect(before).toEqual([false, true]);
      expect(after).toEqual([
        [true, true],
        [true, true],
      ]);
      expect(await statuses(browser, '/single', '/single')).toEqual([200, 401]);
    });

    it('reports faults of the app to the app', async () => {
      const { bank, browser } = await visit({
        deeds: {
          one: async (gate) => {
            const error: unknown = await gate
              .assert(() => undefined as never)
              .catch((thrown: unknown) => thrown);
            return { error };
          },
        },
      });

      const { error } = (await browser.post('/one', {})).json<{ error: unknown }>();

      expect(error).toMatchObject({ code: 'misconfigured', status: 500, expose: false });
      expect(bank.errors).toHaveLength(1);
    });
  });
}
