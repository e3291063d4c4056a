import { describe, expect, it } from 'vitest';
import { call } from '../http.ts';
import { POLL_MS } from '../test-tenant.ts';
import { ROUTES } from './bank.ts';
import type { Scene } from './scene.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const CHALLENGE =
  'Bearer error="insufficient_user_authentication", ' +
  'error_description="A fresh approval by a second factor is required", max_age="300"';

/** What guards let through, and how they refuse. */
export function describeGuard(scene: Scene): void {
  describe('guard', () => {
    it('refuses an API call with the challenge of RFC 9470 and says where to start a flow', async () => {
      const browser = await (await scene.open()).browser();

      const answer = await browser.post('/transfers', { to: 'Grace' });

      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe(CHALLENGE);
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
      expect(answer.headers['cache-control']).toContain('no-store');
      expect(answer.json()).toEqual({
        error: 'insufficient_user_authentication',
        error_description: expect.stringMatching(/approval/),
        max_age: 300,
        factors: ['push', 'otp'],
        step_up: { start: '/step-up/flow', requirement: expect.stringMatching(/^[\w-]{80,}$/) },
      });
    });

    it('names the factors, the action and a max age of 0 if the policy has them', async () => {
      const browser = await (await scene.open()).browser();

      expect((await browser.post('/otp', {})).json()).toMatchObject({ factors: ['otp'] });
      expect((await browser.post('/single', {})).json()).toMatchObject({ max_age: 0 });
      expect((await browser.post('/closing', {})).json()).toMatchObject({ action: ROUTES.closing.action });
      expect((await browser.post('/single', {})).headers['www-authenticate']).toContain('max_age="0"');
    });

    it.each(METHODS)('never lets %s reach a handler without an approval', async (method) => {
      const bank = await scene.open();
      const browser = await bank.browser();

      for (const path of Object.keys(ROUTES)) {
        const answer = await browser.send(method, `/${path}`);
        expect(answer.status).toBe(401);
      }
      expect(bank.reached).toEqual([]);
      expect(bank.errors).toEqual([]);
    });

    it.each(['HEAD', 'OPTIONS'])('answers %s with a bare 401', async (method) => {
      const browser = await (await scene.open()).browser();

      const answer = await browser.send(method, '/transfers', {
        headers: { accept: 'text/html', 'sec-fetch-mode': 'navigate' },
      });

      expect(answer.status).toBe(401);
      expect(answer.text).toBe('');
      expect(answer.headers['www-authenticate']).toBe(CHALLENGE);
      expect(answer.headers['set-cookie']).toBeUndefined();
    });

    it('sends a navigation to the page, which knows the requirement and the way back', async () => {
      const browser = await (await scene.open()).browser();

      const answer = await browser.navigate('/transfers?to=Grace&amount=1');
      const location = answer.headers.location ?? '';
      const page = await browser.navigate(location);

      expect(answer.status).toBe(303);
      expect(answer.headers['cache-control']).toContain('no-store');
      expect(location).toMatch(/^\/step-up\?requirement=[\w-]{80,}$/);
      expect(page.status).toBe(200);
      expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(page.text).toContain('data-return-to="/transfers?to=Grace&#38;amount=1"');
      expect(page.text).toContain(`data-requirement="${location.split('=')[1]}"`);
    });

    it('sends a posted form back to the page of this site that held it, and to no other', async () => {
      const bank = await scene.open({ gateOptions: { checkOrigin: false } });
      const browser = await bank.browser();
      const postFrom = async (referer: string, site = 'same-origin'): Promise<string> => {
        const answer = await browser.send('POST', '/transfers', {
          headers: {
            accept: 'text/html',
            'sec-fetch-site': site,
            'sec-fetch-mode': 'navigate',
            'content-type': 'application/x-www-form-urlencoded',
            referer,
          },
          body: 'to=Grace',
        });
        expect(answer.status).toBe(303);
        return (await browser.navigate(answer.headers.location ?? '')).text;
      };

      expect(await postFrom(`${bank.url}/account?tab=2`)).toContain('data-return-to="/account?tab=2"');
      expect(await postFrom('https://evil.example/account', 'cross-site')).not.toContain('data-return-to');
      expect(await postFrom('not an address')).not.toContain('data-return-to');
    });

    it('uses Accept only if a client sends no Sec-Fetch-Mode', async () => {
      const bank = await scene.open();
      const { cookies } = await bank.browser();
      const cookie = `sid=${cookies.get('sid')}`;
      const statusFor = async (headers: Record<string, string>): Promise<number> =>
        (await call('GET', `${bank.url}/transfers`, { headers: { cookie, ...headers } })).status;

      expect(await statusFor({ accept: 'text/html' })).toBe(303);
      expect(await statusFor({ accept: 'application/json' })).toBe(401);
      expect(await statusFor({ accept: 'text/html', 'sec-fetch-mode': 'cors' })).toBe(401);
      expect(await statusFor({ accept: 'text/html', 'x-requested-with': 'XMLHttpRequest' })).toBe(401);
    });

    it('answers in the form that the route sets, whatever the request says', async () => {
      const gateOptions = { loginUrl: () => '/login' };
      const asPages = await scene.open({ route: { answer: 'page' }, gateOptions });
      const asApi = await scene.open({ route: { answer: 'api' }, gateOptions });

      const call = await (await asPages.browser()).post('/transfers', {});
      const head = await (await asPages.browser()).send('HEAD', '/transfers');
      const navigation = await (await asApi.browser()).navigate('/transfers');

      expect([call.status, call.headers.location]).toEqual([303, expect.stringMatching(/^\/step-up\?/)]);
      expect([head.status, head.text]).toEqual([401, '']);
      expect([navigation.status, navigation.headers['www-authenticate']]).toEqual([401, CHALLENGE]);
      expect((await asPages.stranger().post('/transfers', {})).headers.location).toBe('/login');
      expect((await asApi.stranger().navigate('/transfers')).status).toBe(401);
      expect([...asPages.reached, ...asApi.reached]).toEqual([]);
    });

    it('asks a signed-out client to sign in, and sends its navigation to the login page', async () => {
      const bank = await scene.open({ gateOptions: { loginUrl: '/login' } });
      const stranger = bank.stranger();

      const answer = await stranger.post('/transfers', {});
      const navigation = await stranger.navigate('/transfers');

      expect(answer.status).toBe(401);
      expect(answer.json()).toEqual({ error: 'login_required', error_description: 'Sign in first.' });
      expect(answer.headers['www-authenticate']).toBe('Bearer');
      expect(navigation.status).toBe(303);
      expect(navigation.headers.location).toBe('/login');
      expect(bank.reached).toEqual([]);
    });

    it('answers 500 without the reason when the app cannot say who is asking', async () => {
      const bank = await scene.open({
        gateOptions: {
          identify: () => {
            throw new Error('session store at db.internal:5432 is down');
          },
        },
      });
      const answers = [
        await bank.stranger().post('/transfers', {}),
        await bank.stranger().send('GET', '/step-up/flow'),
      ];

      for (const answer of answers) {
        expect(answer.status).toBe(500);
        expect(answer.json()).toEqual({
          error: 'misconfigured',
          error_description: 'the server is not set up rightly',
        });
      }
      expect(bank.errors).toEqual(
        Array(2).fill(
          expect.objectContaining({ message: 'identify: session store at db.internal:5432 is down' }),
        ),
      );
      expect(bank.reached).toEqual([]);
    });

    it.each(['app', 'framework'] as const)(
      'gives refusals to the error handler of the %s when the gate says so',
      async (errorsBy) => {
        const bank = await scene.open({ errorsBy, gateOptions: { mode: 'throw' } });
        const browser = await bank.browser();

        const answer = await browser.post('/transfers', {});
        const navigation = await browser.navigate('/transfers');
        const stranger = await bank.stranger().post('/transfers', {});

        expect(answer.status).toBe(401);
        expect(answer.headers['www-authenticate']).toBe(CHALLENGE);
        expect(navigation.status).toBe(303);
        expect(navigation.cookies).toEqual([expect.stringMatching(/^stepgate=/)]);
        expect(stranger.status).toBe(401);
        expect(stranger.headers['www-authenticate']).toBe('Bearer');
        expect(bank.reached).toEqual([]);
        if (errorsBy !== 'app') return;
        expect(answer.json()).toEqual({
          caught: 'insufficient_user_authentication',
          details: expect.objectContaining({
            max_age: 300,
            step_up: { start: '/step-up/flow', requirement: expect.any(String) },
          }),
        });
        expect(stranger.json()).toEqual({ caught: 'login_required' });
      },
    );

    it('lets a request through only while its approval is fresh', async () => {
      await scene.tenant.enrolPush();
      const bank = await scene.open();
      const browser = await bank.browser();
      await browser.start();
      scene.tenant.phone.approve();
      scene.tenant.clock.advance(POLL_MS);
      expect(await browser.view()).toMatchObject({ state: 'approved' });

      const fresh = await browser.post('/transfers', {});
      scene.tenant.clock.advance(300_000);
      const last = await browser.post('/transfers', {});
      scene.tenant.clock.advance(1);
      const late = await browser.post('/transfers', {});

      expect(fresh.status).toBe(200);
      expect(fresh.json()).toEqual({ done: 'transfers', factor: 'push' });
      expect([last.status, late.status]).toEqual([200, 401]);
      expect(bank.reached).toEqual(['/transfers', '/transfers']);
    });

    it('uses a single-use approval once, however many requests come at once', async () => {
      await scene.tenant.enrolPush();
      const bank = await scene.open();
      const browser = await bank.browser();
      await browser.start('/single');
      scene.tenant.phone.approve();
      scene.tenant.clock.advance(POLL_MS);
      await browser.view();

      const answers = await Promise.all(Array.from({ length: 50 }, () => browser.post('/single', {})));

      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(49);
      expect(bank.reached).toEqual(['/single']);
    });

    it('restores a single-use approval when the handler releases it', async () => {
      await scene.tenant.enrolPush();
      const bank = await scene.open();
      const browser = await bank.browser();
      await browser.start('/released');
      scene.tenant.phone.approve();
      scene.tenant.clock.advance(POLL_MS);
      await browser.view();

      const statuses = [];
      for (const path of ['/released', '/released', '/single', '/single']) {
        statuses.push((await browser.post(path, {})).status);
      }

      // The two routes have the same policy, so one approval serves both.
      expect(statuses).toEqual([200, 200, 200, 401]);
    });

    it('ends approvals with their login', async () => {
      await scene.tenant.enrolPush();
      const bank = await scene.open();
      const browser = await bank.browser();
      await browser.start();
      scene.tenant.phone.approve();
      scene.tenant.clock.advance(POLL_MS);
      await browser.view();
      const session = bank.sessions.get(browser.sessionCookie);
      if (session === undefined) throw new Error('the browser has no session');

      bank.sessions.set(browser.sessionCookie, { ...session, loginId: 'the next login' });
      const afterLogin = await browser.post('/transfers', {});
      bank.sessions.delete(browser.sessionCookie);
      const afterLogout = await browser.post('/transfers', {});

      expect(afterLogin.status).toBe(401);
      expect(afterLogin.json()).toMatchObject({ error: 'insufficient_user_authentication' });
      expect(afterLogout.json()).toMatchObject({ error: 'login_required' });
      expect(bank.reached).toEqual([]);
    });

    it('accepts no approval from a session alone: the browser must show its handle too', async () => {
      await scene.tenant.enrolPush();
      const bank = await scene.open();
      const browser = await bank.browser();
      await browser.start();
      scene.tenant.phone.approve();
      scene.tenant.clock.advance(POLL_MS);
      await browser.view();

      const attacker = await call('POST', `${bank.url}/transfers`, {
        headers: { cookie: `sid=${browser.sessionCookie}` },
      });

      expect(attacker.status).toBe(401);
      expect(bank.reached).toEqual([]);
    });

    // No host can change what follows.
    if (!scene.everything) return;

    it('refuses an approval on a route that names another factor or an action', async () => {
      await scene.tenant.enrolPush();
      const bank = await scene.open();
      const browser = await bank.browser();
      await browser.start();
      scene.tenant.phone.approve();
      scene.tenant.clock.advance(POLL_MS);
      await browser.view();

      const statuses = [];
      for (const path of ['/transfers', '/otp', '/closing', '/single']) {
        statuses.push((await browser.post(path, {})).status);
      }

      expect(statuses).toEqual([200, 401, 401, 401]);
    });
  });
}
