import type { EnrollableFactor, Factor, FlowView } from '@stepgate/core';
import { FACTORS } from '@stepgate/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { CONTRARY } from '../contrary-dialect.ts';
import { PASSWORD, POLL_MS, providerOf, type TestTenant } from '../test-tenant.ts';
import type { Bank, BankOptions, Browser } from './bank.ts';
import type { Scene } from './scene.ts';

/** Longer than a one-time password is valid: the app shows a new one, and the old one is not accepted again. */
const NEXT_CODE_MS = 60_000;
const MFA_OOB = 'http://auth0.com/oauth/grant-type/mfa-oob';

/** What the user needs to add each factor. */
const ADDRESSES: Readonly<Record<EnrollableFactor, object>> = {
  push: {},
  otp: {},
  sms: { phoneNumber: '+15550100100' },
  voice: { phoneNumber: '+15550100100' },
  email: { email: 'ada@bank.example' },
};

/** How many requests were sent to a phone. */
function pollsOf({ emulator }: TestTenant): number {
  return emulator.requests.filter(({ grantType }) => grantType === MFA_OOB).length;
}

/** Keeps rotated refresh tokens, and adds and uses every factor in the wording of each kind of tenant. */
export function describeFactors(scene: Scene): void {
  describe('a rotated refresh token', () => {
    /** Holds back the answers of the token endpoint, as a slow network does, and cuts them off on request. */
    function slowTokens(): { fetch: typeof fetch; arrived: Promise<void>; release(): void } {
      const arrived = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      const upstream = scene.tenant.auth0.fetch ?? fetch;
      return {
        arrived: arrived.promise,
        release: () => released.resolve(),
        async fetch(input, init) {
          const request = new Request(input, init);
          const response = await upstream(request);
          if (new URL(request.url).pathname !== '/oauth/token') return response;
          arrived.resolve();
          const broken = new Promise((_, reject) => {
            request.signal.addEventListener('abort', () => reject(request.signal.reason));
          });
          await Promise.race([released.promise, broken]);
          return response;
        },
      };
    }

    it('is kept when it arrives after the flow was cancelled', async () => {
      const { tenant } = scene;
      tenant.emulator.configure({ mfaPolicy: 'never' });
      const slow = slowTokens();
      const bank = await scene.open({
        gateOptions: { provider: providerOf({ ...tenant.auth0, fetch: slow.fetch }) },
      });
      const browser = await bank.browser();
      const session = bank.sessions.get(browser.sessionCookie);
      const before = session?.refreshToken;
      await browser.navigate('/step-up');
      const requirement = await browser.requirement();
      const started = browser.copy().post('/step-up/flow', { requirement });
      await slow.arrived;

      const cancelled = await browser.send('DELETE', '/step-up/flow');
      slow.release();
      await started;

      expect(cancelled.json()).toMatchObject({ state: 'cancelled' });
      expect(session?.refreshToken).not.toBe(before);
    });

    it('is kept when it comes with the tokens of an approval, and serves the next flow', async () => {
      const { tenant } = scene;
      tenant.emulator.configure({ dialect: { refreshToken: 'always' } });
      await tenant.enrolPush();
      const bank = await scene.open();
      const browser = await bank.browser();
      const before = bank.sessions.get(browser.sessionCookie)?.refreshToken;
      await browser.start('/single');
      tenant.phone.approve();
      tenant.clock.advance(POLL_MS);
      const end = await browser.view();
      const after = bank.sessions.get(browser.sessionCookie)?.refreshToken;

      await browser.post('/single', {});
      tenant.clock.advance(15_000);
      const next = await browser.start('/single');

      expect(end).toMatchObject({ state: 'approved' });
      expect(after).not.toBe(before);
      expect(next).toMatchObject({ state: 'polling' });
    });

    it('of another user is not kept', async () => {
      const { tenant } = scene;
      tenant.emulator.configure({ dialect: { refreshToken: 'always' } });
      const grace = { username: 'grace', password: 'battery-staple' };
      const { sub } = tenant.emulator.addUser(grace);
      await tenant.enrolPush({ ...grace, subject: sub });
      const bank = await scene.open();
      const browser = await bank.browser();
      const before = bank.sessions.get(browser.sessionCookie)?.refreshToken;
      const requirement = await browser.requirement();
      const mfa_token = await tenant.mfaToken({ ...grace, subject: sub });
      await browser.post('/step-up/flow', { requirement, mfa_token });
      tenant.emulator.phone('grace').approve();
      tenant.clock.advance(POLL_MS);

      expect(await browser.view()).toMatchObject({ state: 'failed', reason: 'subject_mismatch' });
      expect(bank.sessions.get(browser.sessionCookie)?.refreshToken).toBe(before);
    });
  });

  // No host can change what follows: its code meets neither a factor nor the dialect of a tenant.
  if (!scene.everything) return;

  it('sends the address of the user with the password, and with nothing else', async () => {
    const { tenant } = scene;
    const firstLeg = { password: { username: () => tenant.ada.username, ip: () => '203.0.113.7' } };
    const browser = await (await scene.open({ gateOptions: { firstLeg } })).browser();
    await browser.start();
    await browser.event({ type: 'password.submit', password: PASSWORD });
    scene.tenant.clock.advance(POLL_MS);
    await browser.view();

    const forwarded = tenant.emulator.requests.filter(({ forwardedFor }) => forwardedFor !== undefined);
    expect(forwarded).toMatchObject([{ grantType: 'password', forwardedFor: '203.0.113.7' }]);
    expect(pollsOf(tenant)).toBeGreaterThan(0);
  });

  describe.each([
    { name: 'as recorded', dialect: {} },
    { name: 'on the other side of every contradiction', dialect: CONTRARY },
  ])('factors at a tenant $name', ({ dialect }) => {
    beforeEach(() => scene.tenant.emulator.configure({ dialect }));

    /** A bank whose route `any` accepts every factor, and asks again for each request. */
    function open(options: BankOptions = {}): Promise<Bank> {
      const enrollWithCredentials = dialect.associateCredentials === 'required';
      return scene.open({
        ...options,
        policies: { any: { factors: FACTORS, maxAge: 0 }, ...options.policies },
        gateOptions: {
          provider: providerOf({ ...scene.tenant.auth0, enrollWithCredentials }),
          ...options.gateOptions,
        },
      });
    }

    /** The code that the user reads: in the app, or in the newest message. */
    function codeFor(factor: Factor): string {
      const { phone } = scene.tenant;
      const code = factor === 'otp' ? phone.codes().at(-1)?.code : phone.messages().at(-1)?.code;
      return code ?? `there is no code for ${factor}`;
    }

    async function ask(browser: Browser, event: Readonly<Record<string, unknown>>): Promise<FlowView> {
      return (await browser.event(event)).json<FlowView>();
    }

    async function choose(browser: Browser, factor: Factor): Promise<FlowView> {
      const { authenticators } = await browser.view();
      const authenticatorId = authenticators.find((one) => one.factor === factor)?.id;
      return ask(browser, { type: 'factor.choose', authenticatorId: authenticatorId ?? `no ${factor}` });
    }

    const submit = (browser: Browser, code: string): Promise<FlowView> =>
      ask(browser, { type: 'code.submit', code });

    /** The view after the phone was polled once more. */
    async function nextPoll(browser: Browser): Promise<FlowView> {
      scene.tenant.clock.advance(POLL_MS);
      return browser.view();
    }

    /** Adds a factor in a flow for the route `any`, and returns the recovery codes that came with it. */
    async function add(browser: Browser, factor: EnrollableFactor): Promise<readonly string[]> {
      const { phone } = scene.tenant;
      await browser.start('/any');
      await ask(browser, { type: 'enrollment.begin', factor, ...ADDRESSES[factor] });
      const begun = await ask(browser, { type: 'password.submit', password: PASSWORD });
      if (begun.disclosure?.barcodeUri !== undefined) phone.scan(begun.disclosure.barcodeUri);
      const shown = factor === 'push' ? await nextPoll(browser) : await submit(browser, codeFor(factor));
      expect(shown).toMatchObject({ state: 'acknowledging', factor });
      expect((await browser.post('/any', {})).status).toBe(401);
      expect(await ask(browser, { type: 'codes.acknowledge' })).toMatchObject({ state: 'approved' });
      return shown.disclosure?.recoveryCodes ?? [];
    }

    it.each(['otp', 'sms', 'voice', 'email'] as const)(
      'adds %s after the password, and accepts it the next time, also after a wrong code',
      async (factor) => {
        const { tenant } = scene;
        const bank = await open();
        const browser = await bank.browser();

        const codes = await add(browser, factor);
        const added = await browser.post('/any', {});
        tenant.clock.advance(NEXT_CODE_MS);
        const offered = await browser.start('/any');
        const challengesBefore = tenant.challenges();
        const prompt = await choose(browser, factor);
        const wrong = await submit(browser, 'wrong');
        const end = await submit(browser, codeFor(factor));

        expect(codes).toHaveLength(1);
        expect(added.json()).toEqual({ done: 'any', factor });
        expect(offered).toMatchObject({ state: 'choosing', authenticators: expect.any(Array) });
        // An address alone is not an enrolled factor, so others can still be added.
        expect(offered.enrollable.length > 0).toBe(factor === 'email');
        expect(prompt).toMatchObject({ state: 'prompting', factor });
        expect(prompt).not.toHaveProperty('disclosure');
        expect(wrong).toMatchObject({ state: 'prompting', reason: 'code_refused' });
        expect(end).toMatchObject({ state: 'approved' });
        expect(tenant.challenges() - challengesBefore).toBe(factor === 'otp' ? 0 : 1);
        expect((await browser.post('/any', {})).json()).toEqual({ done: 'any', factor });
        expect(bank.errors).toEqual([]);
      },
    );

    it('adds a phone by its QR code, and accepts its push the next time', async () => {
      const { tenant } = scene;
      const browser = await (await open()).browser();

      await add(browser, 'push');
      await browser.post('/any', {});
      const sent = await browser.start('/any');
      tenant.phone.approve();
      const end = await nextPoll(browser);

      expect(sent).toMatchObject({ state: 'polling', factor: 'push' });
      expect(end).toMatchObject({ state: 'approved' });
      expect((await browser.post('/any', {})).json()).toEqual({ done: 'any', factor: 'push' });
    });

    it('tells a denied push from one that waits', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      const browser = await (await open()).browser();
      await browser.start('/any');

      const waiting = await nextPoll(browser);
      tenant.phone.deny();
      const denied = await nextPoll(browser);

      expect(waiting).toMatchObject({ state: 'polling' });
      expect(denied).toMatchObject({ state: 'rejected', reason: 'rejected' });
      expect((await browser.post('/any', {})).status).toBe(401);
    });

    it('accepts a recovery code for a lost phone, and shows the next code before it grants the approval', async () => {
      const { tenant } = scene;
      const browser = await (await open()).browser();
      const [code = ''] = await add(browser, 'push');
      await browser.post('/any', {});
      await browser.start('/any');

      const prompt = await choose(browser, 'recovery-code');
      const wrong = await submit(browser, 'WRONGWRONGWRONGWRONGWRON');
      const proven = await submit(browser, code);

      expect(prompt).toMatchObject({ state: 'prompting', factor: 'recovery-code' });
      expect(wrong).toMatchObject({ state: 'prompting', reason: 'code_refused' });
      if (dialect.newRecoveryCode !== 'absent') {
        expect(proven).toMatchObject({
          state: 'acknowledging',
          allowedEvents: ['codes.acknowledge', 'flow.cancel'],
        });
        expect(proven.disclosure?.recoveryCodes).toHaveLength(1);
        expect(proven.disclosure?.recoveryCodes).not.toContain(code);
        expect((await browser.post('/any', {})).status).toBe(401);
        await ask(browser, { type: 'codes.acknowledge' });
      }
      expect(await browser.view()).toMatchObject({ state: 'approved' });
      expect((await browser.post('/any', {})).json()).toEqual({ done: 'any', factor: 'recovery-code' });
      expect(tenant.challenges()).toBe(1);
    });

    it('accepts a recovery code once', async () => {
      const { clock } = scene.tenant;
      const browser = await (
        await open({ policies: { lost: { factors: ['recovery-code'], maxAge: 0 } } })
      ).browser();
      const [code = ''] = await add(browser, 'push');
      await browser.start('/lost');
      await choose(browser, 'recovery-code');
      await submit(browser, code);
      await browser.event({ type: 'codes.acknowledge' });
      await browser.post('/lost', {});
      clock.advance(NEXT_CODE_MS);

      const offered = await browser.start('/lost');

      if (dialect.newRecoveryCode === 'absent') {
        expect(offered).toMatchObject({ state: 'failed', reason: 'no_usable_factor' });
      } else {
        await choose(browser, 'recovery-code');
        expect(await submit(browser, code)).toMatchObject({ state: 'prompting', reason: 'code_refused' });
      }
      expect((await browser.post('/lost', {})).status).toBe(401);
    });

    it('accepts the code of the app while a push waits, and then sends no challenge or poll and grants no late approval', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      const browser = await (await open()).browser();
      await browser.start('/any');
      await nextPoll(browser);
      const polls = pollsOf(tenant);

      const prompt = await choose(browser, 'otp');
      tenant.phone.approve();
      tenant.clock.advance(NEXT_CODE_MS);
      const still = await browser.view();
      const refused = await browser.post('/any', {});
      const end = await submit(browser, codeFor('otp'));

      expect(prompt).toMatchObject({ state: 'prompting', factor: 'otp' });
      expect(still).toMatchObject({ state: 'prompting', version: prompt.version });
      expect(polls).toBeGreaterThan(0);
      expect(pollsOf(tenant)).toBe(polls);
      expect(refused.status).toBe(401);
      expect(end).toMatchObject({ state: 'approved' });
      expect(tenant.challenges()).toBe(1);
      expect((await browser.post('/any', {})).json()).toEqual({ done: 'any', factor: 'otp' });
    });

    it('asks for a second factor where one is not enough, and continues with the new mfa_token', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      tenant.emulator.configure({ requiredFactors: 2 });
      const browser = await (await open()).browser();
      await browser.start('/any');
      tenant.phone.approve();

      const chained = await nextPoll(browser);
      const refused = await browser.post('/any', {});
      await choose(browser, 'otp');
      const end = await submit(browser, codeFor('otp'));

      const exchanges = tenant.exchanges.filter(({ path }) => path === '/oauth/token').slice(-2);
      const renewed = JSON.parse(exchanges[0]?.received ?? '{}') as Record<string, unknown>;
      const last = new URLSearchParams(exchanges[1]?.sent);
      expect(chained).toMatchObject({ state: 'choosing' });
      expect(refused.status).toBe(401);
      expect(renewed).toMatchObject({ error: 'mfa_required' });
      expect(last.get('mfa_token')).toBe(renewed.mfa_token);
      expect(end).toMatchObject({ state: 'approved' });
      expect((await browser.post('/any', {})).status).toBe(200);
    });

    it('offers the factors in mfa_requirements that the policy names', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      tenant.emulator.configure({ mfaRequirements: { challenge: ['otp', 'recovery-code'] } });
      const bank = await open({ policies: { narrow: { factors: ['push', 'otp', 'email'], maxAge: 0 } } });

      const wide = await (await bank.browser()).start('/any');
      const narrow = await (await bank.browser()).start('/narrow');

      const factorsOf = ({ authenticators }: FlowView): Factor[] =>
        authenticators.map(({ factor }) => factor);
      expect(wide.state).toBe('choosing');
      expect(factorsOf(wide).toSorted()).toEqual(['otp', 'recovery-code']);
      expect(narrow.state).toBe('choosing');
      expect(factorsOf(narrow)).toEqual(['otp']);
      expect(tenant.challenges()).toBe(0);
    });

    it('offers nothing and says why when the policy names none of the available factors', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      tenant.emulator.configure({ mfaRequirements: { challenge: ['push-notification'] } });
      const bank = await open({ policies: { texts: { factors: ['sms', 'recovery-code'] } } });
      const browser = await bank.browser();

      const view = await browser.start('/texts');

      expect(view).toMatchObject({
        state: 'failed',
        reason: 'no_usable_factor',
        authenticators: [],
        enrollable: [],
        allowedEvents: ['flow.retry', 'flow.cancel'],
      });
      expect((await browser.post('/texts', {})).status).toBe(401);
    });

    it('does not count a verified e-mail address as an enrolled factor', async () => {
      const { tenant } = scene;
      const grace = { username: 'grace', password: 'battery-staple', emailVerified: true };
      const { sub } = tenant.emulator.addUser(grace);
      const bank = await open();
      const user = { ...grace, subject: sub };

      const unnamed = await (await bank.browser(user)).start('/transfers');
      const named = await (await bank.browser(user)).start('/any');

      expect(unnamed).toMatchObject({
        state: 'authenticating',
        reason: 'password_needed',
        authenticators: [],
        enrollable: ['push', 'otp'],
      });
      expect(named).toMatchObject({
        state: 'choosing',
        authenticators: [{ factor: 'email' }],
        enrollable: ['push', 'otp', 'sms', 'voice', 'email'],
      });
    });

    it('renews an expired mfa_token with the refresh token, without asking the user', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      const bank = await open({ policies: { typed: { factors: ['otp', 'sms'] } } });
      const browser = await bank.browser();
      const offered = await browser.start('/typed');
      const before = tenant.emulator.requests.length;
      tenant.clock.advance(301_000);

      const prompt = await choose(browser, 'otp');
      const end = await submit(browser, codeFor('otp'));

      const grants = tenant.emulator.requests.slice(before).flatMap(({ grantType = [] }) => grantType);
      expect(offered).toMatchObject({ state: 'choosing' });
      expect(prompt).toMatchObject({ state: 'prompting', factor: 'otp' });
      expect(prompt).not.toHaveProperty('reason');
      expect(grants).toEqual(['refresh_token', 'http://auth0.com/oauth/grant-type/mfa-otp']);
      expect(end).toMatchObject({ state: 'approved' });
    });

    it('asks for the password when a refresh token gets no mfa_token', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      tenant.emulator.configure({ dialect: { refreshMfaToken: 'absent' } });
      const browser = await (await open()).browser();

      const asked = await browser.start('/any');
      const sent = await ask(browser, { type: 'password.submit', password: PASSWORD });

      expect(asked).toMatchObject({ state: 'authenticating' });
      expect(asked.allowedEvents).toContain('password.submit');
      expect(sent).toMatchObject({ state: 'polling', factor: 'push' });
    });

    it('asks for a code when the tenant says "prompt", and polls when it says nothing, for every factor', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      const bank = await open();
      const challenge = (body: object) =>
        tenant.emulator.faults.add({
          match: { path: '/mfa/challenge' },
          respond: { status: 200, body: { challenge_type: 'oob', oob_code: 'oob', ...body } },
        });

      challenge({ binding_method: 'prompt' });
      const prompted = await (await bank.browser()).start('/any');
      tenant.clock.advance(301_000);
      challenge({});
      const polled = await (await bank.browser()).start('/any');

      expect(prompted).toMatchObject({ state: 'prompting', factor: 'push' });
      expect(polled).toMatchObject({ state: 'polling', factor: 'push' });
    });

    it.each([4, 10])('accepts codes of %i digits', async (messageCodeLength) => {
      const { tenant } = scene;
      tenant.emulator.configure({ messageCodeLength });
      const browser = await (await open()).browser();

      await add(browser, 'sms');

      expect(codeFor('sms')).toHaveLength(messageCodeLength);
      expect((await browser.post('/any', {})).status).toBe(200);
    });
  });
}
