import type { FlowView } from '@stepgate/core';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../http.ts';
import { PASSWORD, POLL_MS } from '../test-tenant.ts';
import type { Bank, Browser } from './bank.ts';
import type { Scene } from './scene.ts';

const LIST = '/step-up/authenticators';

interface Listed {
  readonly id: string;
  readonly factor: string;
  readonly removal: {
    readonly isPossible: boolean;
    readonly isLast: boolean;
    readonly goesAlong: readonly {
      readonly id: string;
      readonly factor: string;
      readonly isCertain: boolean;
    }[];
  };
}

interface Refusal {
  readonly error: string;
  readonly action: { readonly id: string; readonly title: string };
  readonly step_up: { readonly requirement: string };
}

const factorsOf = (items: readonly { readonly factor: string }[]): readonly string[] =>
  items.map(({ factor }) => factor).sort();

/** Listing, adding and removing authenticators, each with its own approval. */
export function describeAuthenticators(scene: Scene): void {
  /** Approves a refused request on the phone. */
  async function approve(browser: Browser, refused: Answer): Promise<FlowView> {
    expect(refused.status).toBe(401);
    const { step_up } = refused.json<Refusal>();
    await browser.post('/step-up/flow', { requirement: step_up.requirement });
    const { state, authenticators } = await browser.view();
    const [first] = authenticators;
    if (state === 'choosing') await browser.event({ type: 'factor.choose', authenticatorId: first?.id });
    scene.tenant.phone.approve();
    scene.tenant.clock.advance(POLL_MS);
    return browser.view();
  }

  /** Sends the request, and gets an approval if it needs one. */
  async function approved(browser: Browser, act: () => Promise<Answer>): Promise<Answer> {
    const first = await act();
    if (first.status !== 401) return first;
    expect(await approve(browser, first)).toMatchObject({ state: 'approved' });
    scene.tenant.clock.advance(60_000);
    return act();
  }

  const remove = (browser: Browser, id: string): Promise<Answer> =>
    browser.send('DELETE', `${LIST}/${encodeURIComponent(id)}`);
  const add = (browser: Browser, addition: Readonly<Record<string, string>>): Promise<Answer> =>
    browser.post(LIST, addition);

  async function list(browser: Browser): Promise<readonly Listed[]> {
    const answer = await approved(browser, () => browser.send('GET', LIST));
    expect(answer.status).toBe(200);
    return answer.json<{ authenticators: readonly Listed[] }>().authenticators;
  }

  /** A user with a phone, in a bank. */
  async function opened(bank?: Parameters<Scene['open']>[0]): Promise<{ bank: Bank; browser: Browser }> {
    await scene.tenant.enrolPush();
    const opens = await scene.open(bank);
    return { bank: opens, browser: await opens.browser() };
  }

  const idOf = (all: readonly Listed[], factor: string): string =>
    all.find((one) => one.factor === factor)?.id ?? '';

  describe('kept tokens', () => {
    it('reach the handler until they expire, without the refresh token', async () => {
      const { bank, browser } = await opened();
      await approve(browser, await browser.post('/keeping', {}));

      const first = (await browser.post('/keeping', {})).json<{ scope: string; members: string[] }>();
      expect(first.scope).toBe('openid transfer:funds');
      expect(first.members).toEqual(['accessToken', 'tokenType', 'expiresIn', 'scope', 'idToken']);

      scene.tenant.clock.advance(scene.tenant.emulator.settings.lifetimes.accessTokenMs);
      expect((await browser.post('/keeping', {})).json()).toEqual({ members: [] });
      expect(bank.errors).toEqual([]);
    });

    it('are not kept unless the policy says so', async () => {
      const { browser } = await opened();
      await approve(browser, await browser.post('/transfers', {}));

      expect((await browser.post('/transfers', {})).status).toBe(200);
      expect((await browser.post('/keeping', {})).json()).toEqual({ members: [] });
    });
  });

  describe('authenticators', () => {
    it('are listed after an approval, with what a removal takes along', async () => {
      const { bank, browser } = await opened();

      const refused = await browser.send('GET', LIST);
      expect(refused.headers['www-authenticate']).toContain('insufficient_user_authentication');
      expect(refused.headers['www-authenticate']).toContain('max_age="600"');
      expect(refused.json<Refusal>().action).toEqual({
        id: 'authenticators.manage',
        title: 'See your devices',
      });
      const french = await browser.send('GET', LIST, { headers: { 'accept-language': 'fr' } });
      expect(french.json<Refusal>().action?.title).toBe('Voir vos appareils');

      const all = await list(browser);
      expect(factorsOf(all)).toEqual(['otp', 'push', 'recovery-code']);
      const [push, otp] = [idOf(all, 'push'), idOf(all, 'otp')];
      const removals = Object.fromEntries(all.map(({ factor, removal }) => [factor, removal]));
      expect(removals).toEqual({
        push: { isPossible: true, isLast: true, goesAlong: [{ id: otp, factor: 'otp', isCertain: true }] },
        otp: { isPossible: true, isLast: true, goesAlong: [{ id: push, factor: 'push', isCertain: true }] },
        'recovery-code': { isPossible: false, isLast: false, goesAlong: [] },
      });
      expect(bank.errors).toEqual([]);
    });

    it('are removed with their twins, by an approval of that very authenticator', async () => {
      const { bank, browser } = await opened();
      const push = idOf(await list(browser), 'push');
      scene.tenant.clock.advance(60_000);

      const refused = await remove(browser, push);
      expect(refused.json<Refusal>().action).toEqual({
        id: `authenticators.remove:${push}`,
        title: "Remove a phone that gets approval requests (ada's phone)",
      });
      await approve(browser, refused);
      const answer = await remove(browser, push);

      expect(answer.status).toBe(200);
      const { removed, isLast } = answer.json<{ removed: Listed[]; isLast: boolean }>();
      expect(factorsOf(removed)).toEqual(['otp', 'push', 'recovery-code']);
      expect(isLast).toBe(true);
      expect(scene.tenant.phone.codes()).toEqual([]);
      expect(bank.errors).toEqual([]);
    });

    it('that do not exist, or cannot be removed, are refused at once if the user may see the list', async () => {
      const { browser } = await opened();
      const all = await list(browser);

      expect((await remove(browser, 'push|dev_other')).status).toBe(404);
      expect((await remove(browser, 'push dev')).status).toBe(404);
      // Some frameworks refuse a path that is not UTF-8 before any route sees it.
      expect([400, 404]).toContain((await browser.send('DELETE', `${LIST}/%E0%A4%A`)).status);
      expect((await remove(browser, idOf(all, 'recovery-code'))).status).toBe(400);
      const other = await (await scene.open()).browser();
      expect((await remove(other, 'push|dev_other')).status).toBe(401);
    });

    it('are added as a second factor after an approval, and the flow that adds one is not an approval', async () => {
      const { bank, browser } = await opened();
      const started = await approved(browser, () => add(browser, { factor: 'otp' }));

      expect(started.status).toBe(201);
      const view = started.json<FlowView>();
      expect(view).toMatchObject({ state: 'prompting', factor: 'otp', adds: 'otp', enrollable: ['otp'] });
      expect(started.headers.etag).toBe(`"${view.version}"`);
      scene.tenant.phone.scan(view.disclosure?.barcodeUri);
      const code = scene.tenant.phone.codes().at(-1)?.code;
      const end = (await browser.event({ type: 'code.submit', code })).json();

      expect(end).toMatchObject({ state: 'approved', adds: 'otp' });
      for (const path of ['/transfers', '/single', '/closing', '/otp']) {
        expect((await browser.post(path, {})).status).toBe(401);
      }
      expect(factorsOf(await list(browser)).filter((factor) => factor === 'otp')).toHaveLength(2);
      expect(bank.errors).toEqual([]);
    });

    it('cannot be listed, added or removed by a session alone', async () => {
      const { bank, browser } = await opened();
      const all = await list(browser);
      // An attacker with the session has another browser, and ids, which are no secret.
      const attacker = await bank.browser();
      bank.sessions.set(attacker.sessionCookie, bank.sessions.get(browser.sessionCookie) as never);

      expect((await attacker.send('GET', LIST)).status).toBe(401);
      expect((await remove(attacker, idOf(all, 'push'))).status).toBe(401);
      expect((await add(attacker, { factor: 'otp' })).status).toBe(401);
      // The owner's approval serves the owner's browser only.
      scene.tenant.clock.advance(60_000);
      await approve(browser, await add(browser, { factor: 'otp' }));
      expect((await add(attacker, { factor: 'otp' })).status).toBe(401);
      expect(scene.tenant.exchanges.filter(({ path }) => path === '/mfa/associate')).toEqual([]);
      expect((await add(browser, { factor: 'otp' })).status).toBe(201);
    });

    it('are out of reach for other sites and signed-out users', async () => {
      const { bank, browser } = await opened();
      await list(browser);
      const cross = { 'sec-fetch-site': 'cross-site' };

      expect((await browser.send('GET', LIST, { headers: cross })).status).toBe(403);
      expect((await browser.send('DELETE', `${LIST}/x`, { headers: cross })).status).toBe(403);
      expect((await browser.post(LIST, { factor: 'otp' }, cross)).status).toBe(403);
      const stranger = bank.stranger();
      expect((await stranger.send('GET', LIST)).json()).toMatchObject({ error: 'login_required' });
      expect((await remove(stranger, 'x')).json()).toMatchObject({ error: 'login_required' });
      expect((await add(stranger, { factor: 'otp' })).json()).toMatchObject({ error: 'login_required' });
    });

    it('cannot be managed when the gate turns it off', async () => {
      const { browser } = await opened({ gateOptions: { authenticators: false } });
      for (const answer of [
        await browser.send('GET', LIST),
        await remove(browser, 'push|dev_1'),
        await add(browser, { factor: 'otp' }),
      ]) {
        expect(answer.json()).toMatchObject({ error: 'not_found' });
      }
    });

    it('have a page that sends no request by itself and shows nothing about the user', async () => {
      const { bank, browser } = await opened({ gateOptions: { loginUrl: () => '/login' } });
      const page = await browser.navigate(LIST);

      expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
      expect(page.headers['content-security-policy']).toContain("script-src 'self'");
      expect(page.headers['cache-control']).toContain('no-store');
      expect(page.text).toContain('src="/step-up/assets/stepgate-authenticators.js"');
      expect(page.text).not.toContain('push|');
      expect((await browser.send('GET', '/step-up/assets/stepgate-authenticators.js')).status).toBe(200);
      expect((await browser.send('GET', '/step-up/flow')).status).toBe(404);
      expect(scene.tenant.challenges()).toBe(0);
      const stranger = await bank.stranger().navigate(LIST);
      expect([stranger.status, stranger.headers.location]).toEqual([303, '/login']);
    });

    it('accept no other methods', async () => {
      const { browser } = await opened();
      const put = await browser.send('PUT', LIST);
      expect([put.status, put.headers.allow]).toEqual([405, 'GET, POST']);
      const get = await browser.send('GET', `${LIST}/push%7Cdev_1`);
      expect([get.status, get.headers.allow]).toEqual([405, 'DELETE']);
    });

    // No host can change what follows.
    if (!scene.everything) return;

    it('are listed again without another approval until its token expires', async () => {
      const { browser } = await opened();
      await list(browser);
      scene.tenant.clock.advance(480_000);
      expect((await browser.send('GET', LIST)).status).toBe(200);
      scene.tenant.clock.advance(120_000);
      expect((await browser.send('GET', LIST)).status).toBe(401);
    });

    it('need another approval when the tenant no longer accepts the token', async () => {
      const { browser } = await opened();
      await list(browser);
      scene.tenant.emulator.faults.add({
        match: { path: '/mfa/authenticators' },
        respond: { status: 401, body: { error: 'invalid_token' } },
      });

      const refused = await browser.send('GET', LIST);
      expect(refused.status).toBe(401);
      expect(await approve(browser, refused)).toMatchObject({ state: 'approved' });
      expect((await browser.send('GET', LIST)).status).toBe(200);
    });

    it('ask for the MFA API only, and leave the refresh token of the session alone', async () => {
      const { bank, browser } = await opened();
      const before = bank.sessions.get(browser.sessionCookie)?.refreshToken;
      await list(browser);

      const asked = scene.tenant.exchanges
        .filter(({ sent }) => sent.includes('grant_type=refresh_token'))
        .map(({ sent }) => new URLSearchParams(sent));
      const audience = new URL('mfa/', scene.tenant.auth0.issuer).href;
      expect(asked.map((form) => form.get('audience'))).toEqual([audience]);
      expect(asked[0]?.get('scope')).toBe('openid enroll read:authenticators remove:authenticators');
      expect(bank.sessions.get(browser.sessionCookie)?.refreshToken).toBe(before);
    });

    it('can be added by a user who has none, by the rule of the gate', async () => {
      const bank = await scene.open();
      const browser = await bank.browser();
      const refused = await browser.send('GET', LIST);
      const { step_up } = refused.json<Refusal>();

      const started = (await browser.post('/step-up/flow', step_up)).json();
      expect(started).toMatchObject({ state: 'authenticating', reason: 'password_needed' });
      expect((await browser.send('GET', LIST)).status).toBe(401);

      await browser.event({ type: 'password.submit', password: PASSWORD });
      scene.tenant.phone.scan();
      scene.tenant.clock.advance(POLL_MS);
      await browser.view();
      await browser.event({ type: 'codes.acknowledge' });
      const answer = await browser.send('GET', LIST);
      expect(answer.status).toBe(200);
      expect(factorsOf(answer.json<{ authenticators: Listed[] }>().authenticators)).toContain('push');
    });

    it('cannot be added by a user who has none if the gate allows no first factor', async () => {
      const bank = await scene.open({ gateOptions: { enroll: 'refuse' } });
      const browser = await bank.browser();
      const { step_up } = (await browser.send('GET', LIST)).json<Refusal>();

      const end = (await browser.post('/step-up/flow', step_up)).json();
      expect(end).toMatchObject({ state: 'failed', reason: 'enrollment_refused' });
      expect((await browser.send('GET', LIST)).status).toBe(401);
    });

    it('can be removed with an approval after access to the list has ended', async () => {
      const { browser } = await opened();
      const push = idOf(await list(browser), 'push');
      scene.tenant.clock.advance(480_000);
      await approve(browser, await remove(browser, push));
      scene.tenant.clock.advance(150_000);

      expect((await browser.send('GET', LIST)).status).toBe(401);
      expect((await remove(browser, push)).status).toBe(200);
    });

    it('are removed once per approval, and no other can be removed with it', async () => {
      const { browser } = await opened();
      const all = await list(browser);
      const [push, otp] = [idOf(all, 'push'), idOf(all, 'otp')];
      scene.tenant.clock.advance(60_000);
      await approve(browser, await remove(browser, otp));

      expect((await remove(browser, push)).status).toBe(401);
      expect((await add(browser, { factor: 'otp' })).status).toBe(401);
      expect((await remove(browser, otp)).status).toBe(200);
      expect((await remove(browser, otp)).status).not.toBe(200);
    });

    it('keep the approval for another try when the tenant cannot be reached', async () => {
      const { browser } = await opened();
      const push = idOf(await list(browser), 'push');
      scene.tenant.clock.advance(60_000);
      await approve(browser, await remove(browser, push));
      scene.tenant.emulator.faults.add({ match: { method: 'DELETE' }, respond: { status: 503 } });

      expect((await remove(browser, push)).status).toBe(503);
      expect((await remove(browser, push)).status).toBe(200);
    });

    it('are added as a further phone, and by a code that is sent', async () => {
      const { browser } = await opened({
        gateOptions: { limits: { pushes: { perSession: false }, messages: { perSession: false } } },
      });
      const push = (await approved(browser, () => add(browser, { factor: 'push' }))).json<FlowView>();
      expect(push).toMatchObject({ state: 'confirming', factor: 'push' });
      scene.tenant.phone.scan(push.disclosure?.barcodeUri);
      scene.tenant.clock.advance(POLL_MS);
      expect(await browser.view()).toMatchObject({ state: 'approved' });

      scene.tenant.clock.advance(60_000);
      const sms = await approved(browser, () => add(browser, { factor: 'sms', phoneNumber: '+15551234567' }));
      expect(sms.json()).toMatchObject({ state: 'prompting', factor: 'sms' });
      const code = scene.tenant.phone.view().messages.at(-1)?.code;
      expect((await browser.event({ type: 'code.submit', code })).json()).toMatchObject({
        state: 'approved',
      });

      const all = await list(browser);
      expect(factorsOf(all)).toEqual(['otp', 'otp', 'push', 'push', 'recovery-code', 'sms', 'voice']);
      const goesAlong = (factor: string) => all.find((one) => one.factor === factor)?.removal.goesAlong;
      expect(goesAlong('sms')).toEqual([{ id: idOf(all, 'voice'), factor: 'voice', isCertain: true }]);
      expect(goesAlong('push')?.map(({ isCertain }) => isCertain)).toEqual([false, false]);
    });

    it('are added at exactly the address that the approval names', async () => {
      const { browser } = await opened();
      const mine = await add(browser, { factor: 'sms', phoneNumber: '+15550000042' });
      expect(mine.json<Refusal>().action.title).toBe('Add a number for text messages (…42) to your devices');
      expect(mine.text).not.toContain('+15550000042');
      expect(await approve(browser, mine)).toMatchObject({ state: 'approved' });

      const stolen = await add(browser, { factor: 'sms', phoneNumber: '+15559999942' });
      expect(stolen.status).toBe(401);
      expect((await add(browser, { factor: 'sms', phoneNumber: '+15550000042' })).status).toBe(201);
    });

    it('use the approved number only, in the flow that adds it too', async () => {
      const { bank, browser } = await opened();
      const number = { factor: 'sms', phoneNumber: '+15550000042' };
      expect((await approved(browser, () => add(browser, number))).status).toBe(201);
      scene.tenant.clock.advance(60_000);

      for (const other of [
        { ...number, phoneNumber: '+15559999942' },
        { factor: 'voice', phoneNumber: '+15550000042' },
      ]) {
        const swapped = await browser.event({ type: 'enrollment.begin', ...other });
        expect(swapped.status).toBe(409);
        expect(swapped.json()).toMatchObject({ error: 'event_not_allowed' });
      }
      expect((await browser.event({ type: 'enrollment.begin', ...number })).status).toBe(200);
      expect(bank.errors).toEqual([]);
    });

    it('are added once per approval, and not while another flow is under way', async () => {
      const { browser } = await opened();
      await approve(browser, await add(browser, { factor: 'otp' }));
      expect((await add(browser, { factor: 'push' })).status).toBe(401);
      expect((await add(browser, { factor: 'otp' })).status).toBe(201);

      const again = await add(browser, { factor: 'otp' });
      expect(again.status).toBe(401);
      const joined = await browser.post('/step-up/flow', again.json<Refusal>().step_up);
      expect(joined.json()).toMatchObject({ error: 'flow_in_progress' });
    });

    it.each([
      [{ factor: 'face' }],
      [{ factor: 'recovery-code' }],
      [{ factor: 'sms' }],
      [{ factor: 'sms', phoneNumber: '' }],
      [{ factor: 'sms', phoneNumber: '555 123 4567' }],
      [{ factor: 'email', email: 'ada at bank' }],
      [{}],
    ])('are not added by %j, which uses up no approval', async (addition) => {
      const { browser } = await opened();
      const answer = await add(browser, addition as Record<string, string>);
      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({ error: 'invalid_request' });
    });

    it('cannot be managed with factors that do not count for that', async () => {
      const { browser } = await opened({
        gateOptions: { authenticators: { factors: ['otp'], addable: ['otp'] } },
      });
      const refused = await browser.send('GET', LIST);
      expect(refused.json()).toMatchObject({ factors: ['otp'] });
      await browser.post('/step-up/flow', refused.json<Refusal>().step_up);
      expect((await browser.view()).state).toBe('choosing');
      expect((await add(browser, { factor: 'sms', phoneNumber: '+15551234567' })).status).toBe(400);
    });
  });
}
