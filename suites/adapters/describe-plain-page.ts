import { describe, expect, it } from 'vitest';
import { call } from '../http.ts';
import { PASSWORD, POLL_MS } from '../test-tenant.ts';
import type { Bank, Browser } from './bank.ts';
import { openPlainPage, type PlainPage, plainPage, press } from './plain-page.ts';
import type { Scene } from './scene.ts';

interface Visit {
  readonly bank: Bank;
  readonly browser: Browser;
  readonly page: PlainPage;
}

/** The built-in page without scripts. */
export function describePlainPage(scene: Scene): void {
  /** Lets the guard send a browser to the page. */
  async function visit(options: Parameters<Scene['open']>[0] = {}): Promise<Visit> {
    const bank = await scene.open(options);
    const browser = await bank.browser();
    const { headers } = await browser.navigate('/transfers', { referer: `${bank.url}/account` });
    return { bank, browser, page: await openPlainPage(browser, headers.location ?? '') };
  }

  async function waiting(): Promise<Visit> {
    await scene.tenant.enrolPush();
    const { bank, browser, page } = await visit();
    return { bank, browser, page: await press(browser, page, 'Send approval request') };
  }

  /** Follows the page's automatic navigation. */
  function follow(browser: Browser, { refresh }: PlainPage): Promise<PlainPage> {
    if (refresh === undefined) throw new Error('the page does not reload');
    return openPlainPage(browser, refresh.url);
  }

  /** Sends exactly these headers besides the cookies. */
  function postBare(
    { bank, browser, page }: Visit,
    label: string,
    headers: Readonly<Record<string, string>>,
    fields: Readonly<Record<string, string>> = {},
  ): ReturnType<typeof call> {
    const { path, body } = page.post(label, fields);
    const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ');
    return call('POST', bank.url + path, {
      headers: { cookie, 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body,
    });
  }

  describe.each([false, true])('the page without scripts (parsers in front: %j)', (parsesBodies) => {
    it('leads from the refusal to the approval with posts alone', async () => {
      const { browser, page } = await visit({ parsesBodies });
      expect(page.heading).toBe('Confirm it’s you');
      expect(page.link('Go back')).toBe('/account');

      const password = await press(browser, page, 'Send approval request');
      expect(password.heading).toBe('Enter your password');
      expect(password.answer.text).toMatch(/<input[^>]*name="password"[^>]*autocomplete="current-password"/);
      const wrong = await press(browser, password, 'Continue', { typed: { password: 'wrong' } });
      expect(wrong.text).toContain('That password is wrong');
      const confirming = await press(browser, wrong, 'Continue', { typed: { password: PASSWORD } });
      expect(confirming.heading).toBe('Set up your phone');
      expect(confirming.answer.text).toMatch(/<svg class="qr" [^>]*role="img" aria-label="QR code/);
      expect(confirming.link('Open on this device')).toMatch(/^otpauth:/);

      scene.tenant.phone.scan();
      scene.tenant.clock.advance(POLL_MS);
      const codes = await follow(browser, confirming);
      expect(codes.heading).toBe('Save your recovery code');
      const done = await press(browser, codes, 'Continue');
      expect(done.heading).toBe('Confirmed');
      expect(done.link('Continue')).toBe('/transfers');
      expect(done.refresh).toEqual({ seconds: 1, url: '/transfers' });
      expect((await browser.navigate('/transfers')).status).toBe(200);
    });
  });

  describe('the page without scripts', () => {
    it('reports a wrong request on the page, never in JSON', async () => {
      const { browser, page } = await waiting();
      const stale = { ...page.fields, version: '1' };
      const post = async (fields: Record<string, string>): Promise<PlainPage> =>
        plainPage(
          await browser.send('POST', '/step-up/flow/events', {
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
            body: new URLSearchParams(fields).toString(),
          }),
        );
      const resend = JSON.stringify({ type: 'challenge.resend' });
      const { version: _version, ...unversioned } = page.fields;
      const answers = [
        [await post({ ...stale, event: resend }), 412],
        [await post({ ...unversioned, event: resend }), 428],
        [await post({ ...page.fields, event: resend }), 429],
        [await post({ ...page.fields, event: '{"type":"challenge.sent"}' }), 400],
        [await post({ ...page.fields, event: '{"type":' }), 400],
        [await post({ ...page.fields }), 400],
        [await post({ ...page.fields, event: '{"type":"code.submit"}', code: '1' }), 409],
      ] as const;

      for (const [answer, status] of answers) {
        expect(answer.answer.status).toBe(status);
        expect(answer.answer.headers['content-type']).toBe('text/html; charset=utf-8');
        expect(answer.heading).toBe('Check your phone');
        expect(answer.answer.text).toMatch(/class="notice"/);
      }
      expect(scene.tenant.challenges()).toBe(1);
    });

    it('shows a problem on its own page if there is no flow to show', async () => {
      const { bank, browser, page } = await visit();
      const { path, body } = page.post('Send approval request');
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const answers = [
        [await bank.stranger().send('POST', path, { headers, body }), 401],
        [await browser.send('POST', path, { headers, body: `${body}&padding=${'x'.repeat(70_000)}` }), 413],
        [
          await browser.send('POST', path, { headers: { ...headers, 'sec-fetch-site': 'cross-site' }, body }),
          403,
        ],
      ] as const;

      for (const [answer, status] of answers) {
        expect(answer.status).toBe(status);
        expect(plainPage(answer).heading).toBe('That didn’t work');
        expect(answer.text).not.toContain('form_token');
      }
    });

    // No host can change what follows.
    if (!scene.everything) return;

    it('sends nothing when it loads, however often', async () => {
      await scene.tenant.enrolPush();
      const { browser, page } = await visit();
      const { path } = page.post('Send approval request');

      for (const address of [page.fields.requirement ?? '', '', 'x']) {
        await openPlainPage(
          browser,
          `/step-up?requirement=${address}&event={"type":"flow.start"}&take_over=true`,
        );
      }
      await browser.navigate(path);

      expect(scene.tenant.exchanges.filter(({ path: to }) => to.startsWith('/mfa/challenge'))).toEqual([]);
    });

    it('reloads when the next poll is due, and shows what has happened meanwhile', async () => {
      const { browser, page } = await waiting();
      const { nextPollAt = 0, now } = await browser.view();

      expect(page.heading).toBe('Check your phone');
      expect(page.refresh?.seconds).toBe(Math.ceil((nextPollAt - now) / 1_000));
      scene.tenant.phone.approve();
      const next = follow(browser, page);
      await scene.tenant.clock.whenWaited();
      scene.tenant.clock.advance(POLL_MS);

      const checking = await next;
      const done = checking.heading === 'Confirmed' ? checking : await follow(browser, checking);
      expect(done.heading).toBe('Confirmed');
    });

    it('accepts a code with spaces and dashes, and says what is wrong with it', async () => {
      const { browser, page } = await waiting();
      const ways = await openPlainPage(browser, page.link('Try another way'));
      const prompt = await press(browser, ways, 'Code from an authenticator app');

      const wrong = await press(browser, prompt, 'Confirm', { typed: { code: '000 000' } });
      expect(wrong.answer.text).toMatch(/<input[^>]*name="code"[^>]*autocomplete="one-time-code"/);
      expect(wrong.text).toContain('That code is wrong');
      expect(wrong.refresh).toBeUndefined();
      const [app] = scene.tenant.phone.codes();
      const code = app?.code.replace(/^.../, '$& ') ?? '';

      expect((await press(browser, wrong, 'Confirm', { typed: { code } })).heading).toBe('Confirmed');
    });

    it('reports an old ticket, and still shows a flow that was started with it', async () => {
      const { browser, page } = await waiting();
      const fresh = plainPage(await browser.navigate('/step-up?requirement=forged'));
      scene.tenant.clock.advance(600_000);

      expect(fresh.heading).toBe('This request has expired');
      expect(fresh.buttons).toEqual([]);
      const late = await openPlainPage(browser, `/step-up?requirement=${page.fields.requirement}`);
      expect(late.heading).toBe('Time’s up');
    });

    it('cancels from an old page too, and starts again', async () => {
      const { browser, page } = await waiting();
      const ways = await openPlainPage(browser, page.link('Try another way'));
      await press(browser, ways, 'Code from an authenticator app');

      const cancelled = await press(browser, page, 'Cancel');

      expect(cancelled.heading).toBe('Cancelled');
      expect(cancelled.refresh).toBeUndefined();
      expect(cancelled.link('Go back')).toBe('/account');
      scene.tenant.clock.advance(15_000);
      expect((await press(browser, cancelled, 'Start again')).heading).toBe('Check your phone');
    });

    it('offers to replace a flow for something else', async () => {
      const { browser } = await waiting();
      const { headers } = await browser.navigate('/closing');
      const other = await openPlainPage(browser, headers.location ?? '');
      expect(other.text).toContain('Close account 7');

      const refused = await press(browser, other, 'Send approval request');
      expect(refused.answer.status).toBe(409);
      scene.tenant.clock.advance(15_000);
      const taken = await press(browser, refused, 'Cancel the other and continue');

      expect(taken.heading).toBe('Check your phone');
      expect(taken.text).toContain('Close account 7');
    });
  });

  describe('the language of the page', () => {
    it('is the one that the browser asks for, in texts and headers', async () => {
      const { browser, page } = await visit();
      const french = plainPage(await browser.navigate('/step-up', { 'accept-language': 'fr-CH, en;q=0.5' }));

      expect(page.answer.headers['content-language']).toBe('en');
      expect(french.answer.headers).toMatchObject({
        'content-language': 'fr',
        vary: expect.stringContaining('Accept-Language'),
      });
      expect(french.answer.text).toContain('<html lang="fr" ');
      expect(french.heading).toBe('Confirmez votre identité');
    });
  });

  describe('the forms of the page', () => {
    const START = 'Send approval request';

    it('are accepted only from this very page', async () => {
      const here = await visit();
      const other = await visit();
      const token = here.page.fields.form_token ?? '';
      const origin = here.bank.url;
      const statusFor = async (
        headers: Record<string, string>,
        fields?: Record<string, string>,
      ): Promise<number> => (await postBare(here, START, headers, fields)).status;

      expect(token).toMatch(/^[\w-]{40,}$/);
      // The browser's own headers take precedence over the token.
      expect(await statusFor({ 'sec-fetch-site': 'cross-site' })).toBe(403);
      expect(await statusFor({ 'sec-fetch-site': 'same-site', origin: 'null' })).toBe(403);
      expect(await statusFor({ origin: 'https://evil.example' })).toBe(403);
      // If the browser sends no such header, the token decides.
      expect(await statusFor({ origin: 'null' }, { form_token: '' })).toBe(403);
      expect(await statusFor({}, { form_token: '' })).toBe(403);
      expect(await statusFor({ origin: 'null' }, { form_token: other.page.fields.form_token ?? '' })).toBe(
        403,
      );
      expect(await statusFor({ origin: 'null' }, { form_token: here.page.fields.requirement ?? '' })).toBe(
        403,
      );
      await expect(here.browser.view()).resolves.toMatchObject({ error: 'flow_not_found' });

      expect(await statusFor({ origin: 'null' })).toBe(303);
      expect(await statusFor({})).toBe(303);
      expect(await statusFor({ origin }, { form_token: '' })).toBe(303);
      expect(await statusFor({ 'sec-fetch-site': 'same-origin', origin: 'null' }, { form_token: '' })).toBe(
        303,
      );
    });

    it('do not outlive their login', async () => {
      const here = await visit();
      const session = here.bank.sessions.get(here.browser.sessionCookie);
      if (session === undefined) throw new Error('the browser has no session');
      here.bank.sessions.set(here.browser.sessionCookie, { ...session, loginId: 'the next login' });

      const answer = await postBare(here, START, { origin: 'null' });

      expect(answer.status).toBe(403);
    });
  });
}
