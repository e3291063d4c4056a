import type { FlowView } from '@stepgate/core';
import { describe, expect, it } from 'vitest';
import { PASSWORD, POLL_MS, providerOf } from '../test-tenant.ts';
import type { Scene } from './scene.ts';

/** Flows from start to each possible end, over the endpoints. */
export function describeFlow(scene: Scene): void {
  describe.each([
    { name: 'without a body parser', parsesBodies: false },
    { name: 'behind a body parser', parsesBodies: true },
  ])('flow $name', ({ parsesBodies }) => {
    it('adds a phone after the password, shows the recovery codes once and approves', async () => {
      const { tenant } = scene;
      const bank = await scene.open({ parsesBodies });
      const browser = await bank.browser();

      expect(await browser.start()).toMatchObject({ state: 'authenticating', reason: 'password_needed' });

      const shown = (await browser.event({ type: 'password.submit', password: PASSWORD })).json<FlowView>();
      expect(shown).toMatchObject({ state: 'confirming', factor: 'push' });
      const [waiting] = tenant.phone.view().enrollments;
      expect(shown.disclosure).toEqual({ barcodeUri: waiting?.barcodeUri });

      tenant.phone.scan(shown.disclosure?.barcodeUri);
      tenant.clock.advance(POLL_MS);
      const codes = await browser.view();
      expect(codes.state).toBe('acknowledging');
      expect(codes.disclosure?.recoveryCodes?.length).toBeGreaterThan(0);
      expect((await browser.post('/transfers', {})).status).toBe(401);

      // A user who reads the codes carefully keeps the approval.
      tenant.clock.advance(600_000);
      const end = (await browser.event({ type: 'codes.acknowledge' })).json<FlowView>();
      expect(end).toMatchObject({ state: 'approved' });
      expect(end).not.toHaveProperty('disclosure');
      expect((await browser.post('/transfers', {})).json()).toEqual({ done: 'transfers', factor: 'push' });
      expect(bank.errors).toEqual([]);
    });

    it('says that a password is wrong, and accepts the right one', async () => {
      const browser = await (await scene.open({ parsesBodies })).browser();
      await browser.start();

      const wrong = (await browser.event({ type: 'password.submit', password: 'wrong' })).json();
      const right = (await browser.event({ type: 'password.submit', password: PASSWORD })).json();

      expect(wrong).toMatchObject({ state: 'authenticating', reason: 'credentials_refused' });
      expect(right).toMatchObject({ state: 'confirming' });
    });

    it('sends a push, and approves when the phone does', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      const browser = await (await scene.open({ parsesBodies })).browser();

      const sent = await browser.start();
      tenant.clock.advance(POLL_MS);
      const waiting = await browser.view();
      tenant.phone.approve();
      tenant.clock.advance(POLL_MS);
      const end = await browser.view();

      expect(sent).toMatchObject({ state: 'polling', factor: 'push', expiresAt: expect.any(Number) });
      // A poll without news tells the browser nothing.
      expect(waiting.version).toBe(sent.version);
      expect(end).toMatchObject({ state: 'approved' });
      expect(tenant.challenges()).toBe(1);
    });
  });

  describe('flow', () => {
    it('accepts a one-time password where the policy asks for one, also after a wrong one', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      const bank = await scene.open();
      const browser = await bank.browser();
      const prompt = await browser.start('/otp');
      const [otp] = prompt.authenticators;
      if (prompt.state === 'choosing')
        await browser.event({ type: 'factor.choose', authenticatorId: otp?.id });

      const wrong = (await browser.event({ type: 'code.submit', code: '000000' })).json();
      const code = tenant.phone.codes().at(0)?.code;
      const right = (await browser.event({ type: 'code.submit', code })).json();

      expect(wrong).toMatchObject({ state: 'prompting', reason: 'code_refused' });
      expect(right).toMatchObject({ state: 'approved' });
      expect((await browser.post('/otp', {})).json()).toEqual({ done: 'otp', factor: 'otp' });
      expect((await browser.post('/transfers', {})).status).toBe(200);
    });

    it('sends another push on request, but not too soon', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      const browser = await (await scene.open()).browser();
      const { resendAllowedAt = 0 } = await browser.start();

      const early = await browser.event({ type: 'challenge.resend' });
      tenant.clock.advance(resendAllowedAt - tenant.clock.now());
      const sent = await browser.event({ type: 'challenge.resend' });

      expect(early.status).toBe(429);
      expect(early.json()).toMatchObject({ error: 'rate_limited', retry_after_ms: expect.any(Number) });
      expect(Number(early.headers['retry-after'])).toBeGreaterThan(0);
      expect(sent.json()).toMatchObject({ state: 'polling' });
      expect(tenant.challenges()).toBe(2);
    });

    it.each(['DELETE', 'flow.cancel'])('is cancelled by %s, and ignores a late approval', async (way) => {
      const { tenant } = scene;
      await tenant.enrolPush();
      const bank = await scene.open();
      const browser = await bank.browser();
      await browser.start();

      const end =
        way === 'DELETE' ? await browser.send('DELETE', '/step-up/flow') : await browser.event({ type: way });
      tenant.phone.approve();
      tenant.clock.advance(POLL_MS);

      expect(end.status).toBe(200);
      expect(end.json()).toMatchObject({ state: 'cancelled', allowedEvents: [] });
      expect(await browser.view()).toMatchObject({ state: 'cancelled' });
      expect((await browser.post('/transfers', {})).status).toBe(401);
    });

    it('keeps the rotated refresh token, so that the next flow can use it', async () => {
      const { tenant } = scene;
      tenant.emulator.configure({ mfaPolicy: 'never' });
      const bank = await scene.open();
      const browser = await bank.browser();
      const before = bank.sessions.get(browser.sessionCookie)?.refreshToken;

      const view = await browser.start();

      expect(view).toMatchObject({ state: 'failed', reason: 'mfa_not_required' });
      expect(bank.sessions.get(browser.sessionCookie)?.refreshToken).not.toBe(before);
      expect((await browser.post('/transfers', {})).status).toBe(401);
    });

    // No host can change what follows.
    if (!scene.everything) return;

    it('continues with a factor that the user added elsewhere, when a first factor can no longer be added', async () => {
      const { tenant } = scene;
      const bank = await scene.open({ gateOptions: { enroll: 'session' } });
      const browser = await bank.browser();
      expect(await browser.start()).toMatchObject({ state: 'confirming' });
      await tenant.enrolPush();

      await browser.event({ type: 'enrollment.begin', factor: 'otp' });

      const refusals = tenant.exchanges.filter(({ received }) => received.includes('already enrolled'));
      expect(refusals.map(({ path, status }) => [path, status])).toEqual([['/mfa/associate', 403]]);
      expect(await browser.view()).toMatchObject({ state: 'polling', factor: 'push', enrollable: [] });
      tenant.phone.approve();
      tenant.clock.advance(POLL_MS);
      await browser.view();
      // The abandoned enrolment was the user's first, and the only one to bring recovery codes.
      const end = await browser.event({ type: 'codes.acknowledge' });
      expect(end.json()).toMatchObject({ state: 'approved' });
    });

    it('ends as rejected when the phone denies, and starts again on a retry', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      const bank = await scene.open();
      const browser = await bank.browser();
      await browser.start();

      tenant.phone.deny();
      tenant.clock.advance(POLL_MS);
      const denied = await browser.view();
      const refused = await browser.post('/transfers', {});
      tenant.clock.advance(60_000);
      const again = (await browser.event({ type: 'flow.retry' })).json();

      expect(denied).toMatchObject({ state: 'rejected', reason: 'rejected' });
      expect(denied.allowedEvents).toContain('flow.retry');
      expect(refused.status).toBe(401);
      expect(again).toMatchObject({ state: 'polling' });
      expect(tenant.challenges()).toBe(2);
      expect(bank.reached).toEqual([]);
    });

    it('expires when nobody answers, and ignores a late approval', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      const bank = await scene.open();
      const browser = await bank.browser();
      const { expiresAt = 0 } = await browser.start();

      tenant.clock.advance(expiresAt - tenant.clock.now());
      const end = await browser.view();

      expect(end).toMatchObject({ state: 'expired', reason: 'challenge_expired' });
      expect(() => tenant.phone.approve()).toThrow();
      expect((await browser.post('/transfers', {})).status).toBe(401);
      expect(bank.reached).toEqual([]);
    });

    it('joins the flow under way for the same requirement, and sends nothing again', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      const browser = await (await scene.open()).browser();
      const first = await browser.requirement();
      const second = await browser.requirement();

      const started = await browser.post('/step-up/flow', { requirement: first });
      const joined = await browser.post('/step-up/flow', { requirement: second });

      expect([started.status, joined.status]).toEqual([201, 200]);
      expect(joined.json()).toEqual(started.json());
      expect(tenant.challenges()).toBe(1);
    });

    it('refuses a start for something else until the flow under way is cancelled', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      const browser = await (await scene.open()).browser();
      await browser.start();
      const requirement = await browser.requirement('/closing');

      const refused = await browser.post('/step-up/flow', { requirement });
      const untouched = await browser.view();
      await browser.send('DELETE', '/step-up/flow');
      tenant.clock.advance(60_000);
      const started = await browser.post('/step-up/flow', { requirement });

      expect(refused.status).toBe(409);
      expect(refused.json()).toMatchObject({ error: 'flow_in_progress' });
      expect(untouched).toMatchObject({ state: 'polling' });
      expect(started.status).toBe(201);
    });

    it('sends one push when two tabs start at once', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      const browser = await (await scene.open()).browser();
      await browser.navigate('/step-up');
      const requirement = await browser.requirement();

      const answers = await Promise.all(
        [browser, browser.copy()].map((tab) => tab.post('/step-up/flow', { requirement })),
      );

      expect(answers.map(({ status }) => status)).toEqual(expect.arrayContaining([200, 201]));
      expect(tenant.challenges()).toBe(1);
      expect(tenant.phone.notifications()).toHaveLength(1);
    });

    it('sends one push at a time, and tells both browsers when a second one asks', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      const bank = await scene.open();
      const owner = await bank.browser();
      const other = await bank.browser();
      await owner.start();

      const refused = await other.start();

      expect(refused).toMatchObject({ state: 'failed', reason: 'push_in_progress' });
      expect(await owner.view()).toMatchObject({ state: 'polling', notice: 'push_requested_elsewhere' });
      expect(tenant.challenges()).toBe(1);

      tenant.phone.approve();
      tenant.clock.advance(POLL_MS);
      expect(await owner.view()).toMatchObject({ state: 'approved' });
      expect((await other.post('/transfers', {})).status).toBe(401);
      tenant.clock.advance(300_000);
      expect((await other.event({ type: 'flow.retry' })).json()).toMatchObject({ state: 'polling' });
    });

    it('accepts no mfa_token from a client unless the app allows it', async () => {
      const { tenant } = scene;
      const firstLeg = { custom: async () => ({ mfaToken: await tenant.mfaToken() }) };
      const browser = await (await scene.open({ gateOptions: { firstLeg } })).browser();
      const requirement = await browser.requirement();

      const started = await browser.post('/step-up/flow', {
        requirement,
        mfa_token: await tenant.mfaToken(),
      });

      expect(started.status).toBe(400);
      expect(started.json()).toMatchObject({ error: 'invalid_request' });
    });

    it('begins with an mfa_token that the client obtained itself', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      const browser = await (await scene.open()).browser();
      const requirement = await browser.requirement();
      const mfa_token = await tenant.mfaToken();
      const grants = (): number =>
        tenant.emulator.requests.filter(({ path }) => path === '/oauth/token').length;
      const before = grants();

      const started = await browser.post('/step-up/flow', { requirement, mfa_token });
      expect(started.json()).toMatchObject({ state: 'polling' });
      expect(grants()).toBe(before);
      tenant.phone.approve();
      tenant.clock.advance(POLL_MS);

      expect(await browser.view()).toMatchObject({ state: 'approved' });
    });

    it('grants no approval for the mfa_token of another user', async () => {
      const { tenant } = scene;
      const grace = { username: 'grace', password: 'battery-staple' };
      const { sub } = tenant.emulator.addUser(grace);
      await tenant.enrolPush({ ...grace, subject: sub });
      const bank = await scene.open();
      const browser = await bank.browser();
      const requirement = await browser.requirement();
      const mfa_token = await tenant.mfaToken({ ...grace, subject: sub });

      await browser.post('/step-up/flow', { requirement, mfa_token });
      tenant.emulator.phone('grace').approve();
      tenant.clock.advance(POLL_MS);

      expect(await browser.view()).toMatchObject({ state: 'failed', reason: 'subject_mismatch' });
      expect((await browser.post('/transfers', {})).status).toBe(401);
      expect(bank.reached).toEqual([]);
    });

    it('asks for the password before it adds a factor, whichever mfa_token it began with', async () => {
      const { tenant } = scene;
      const browser = await (await scene.open()).browser();
      const requirement = await browser.requirement();
      const mfa_token = await tenant.mfaToken();

      const view = (await browser.post('/step-up/flow', { requirement, mfa_token })).json();

      expect(view).toMatchObject({ state: 'authenticating', reason: 'password_needed' });
      expect(tenant.phone.view().enrollments).toEqual([]);
    });

    it('adds no factor when the gate refuses it', async () => {
      const { tenant } = scene;
      const browser = await (await scene.open({ gateOptions: { enroll: 'refuse' } })).browser();

      expect(await browser.start()).toMatchObject({ state: 'failed', reason: 'enrollment_refused' });
      expect(tenant.phone.view().enrollments).toEqual([]);
    });

    it('accepts no id_token that is signed with the secret', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      const bank = await scene.open({
        gateOptions: {
          provider: providerOf({ ...tenant.auth0, clientId: 'symmetric' }),
          firstLeg: { custom: async () => ({ mfaToken: await tenant.mfaToken(tenant.ada, 'symmetric') }) },
        },
      });
      const browser = await bank.browser();
      await browser.start();
      tenant.phone.approve();
      tenant.clock.advance(POLL_MS);

      expect(await browser.view()).toMatchObject({ state: 'failed', reason: 'identity_refused' });
      expect((await browser.post('/transfers', {})).status).toBe(401);
    });
  });
}
