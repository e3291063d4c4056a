import { describe, expect, it } from 'vitest';
import { type Answer, call } from '../http.ts';
import { POLL_MS } from '../test-tenant.ts';
import type { Bank, BankOptions, Browser } from './bank.ts';
import type { Scene } from './scene.ts';

const APP = 'https://app.example';
const EVIL = 'https://evil.example';

/** The headers that a browser sends with a script's call from a page of `origin`, on another site. */
const from = (origin: string): Record<string, string> => ({
  origin,
  'sec-fetch-site': 'cross-site',
  'sec-fetch-mode': 'cors',
});

/** A single-page app that is served from another origin. */
export function describeOrigins(scene: Scene): void {
  describe('allowedOrigins', () => {
    async function open(): Promise<{ bank: Bank; browser: Browser }> {
      // The pages are elsewhere, over https, and the tests' bank is on this machine.
      const bank = await scene.open({ gateOptions: { allowedOrigins: [APP], insecureCookie: true } });
      return { bank, browser: await bank.browser() };
    }

    function preflight(browser: Browser, origin: string): Promise<Answer> {
      return browser.send('OPTIONS', '/step-up/flow/events', {
        headers: {
          ...from(origin),
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type,if-match',
        },
      });
    }

    it('lets an app on an allowed origin step up, from the refusal to the handler', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      const { bank, browser } = await open();
      const call = (method: string, path: string, body?: unknown): Promise<Answer> =>
        browser.send(method, path, {
          headers: { ...from(APP), 'content-type': 'application/json' },
          body: body === undefined ? undefined : JSON.stringify(body),
        });

      const refused = await call('POST', '/transfers', {});
      const { requirement } = refused.json<{ step_up: { requirement: string } }>().step_up;
      const started = await call('POST', '/step-up/flow', { requirement });
      tenant.phone.approve();
      tenant.clock.advance(POLL_MS);
      const approved = await call('GET', '/step-up/flow');
      const done = await call('POST', '/transfers', {});

      expect(refused.cookies).toEqual([]);
      expect(started.cookies).toEqual([
        expect.stringMatching(/^stepgate=[\w-]{43}; Path=\/; HttpOnly; SameSite=None; Secure$/),
      ]);
      expect(started.status).toBe(201);
      expect(approved.json()).toMatchObject({ state: 'approved' });
      for (const { headers } of [started, approved]) {
        expect(headers).toMatchObject({
          'access-control-allow-origin': APP,
          'access-control-allow-credentials': 'true',
          'access-control-expose-headers': 'etag, retry-after, www-authenticate',
        });
        expect(headers.vary?.toLowerCase()).toContain('origin');
      }
      expect(done.status).toBe(200);
      expect(bank.errors).toEqual([]);
    });

    it('shares errors too', async () => {
      const { browser } = await open();

      const answer = await browser.send('GET', '/step-up/flow', { headers: from(APP) });

      expect(answer.status).toBe(404);
      expect(answer.headers['access-control-allow-origin']).toBe(APP);
    });

    it('answers the preflight of an allowed origin before `identify` runs', async () => {
      const { bank } = await open();

      const answer = await preflight(bank.stranger(), APP);

      expect([answer.status, answer.text, answer.cookies]).toEqual([204, '', []]);
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': APP,
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'GET, POST, DELETE',
        'access-control-allow-headers': 'authorization, content-type, if-match, if-none-match, prefer',
      });
    });

    it.each([EVIL, 'null', 'https://app.example.evil.example', 'http://app.example'])(
      'shares nothing with %s, and accepts nothing from it',
      async (origin) => {
        const { browser } = await open();
        const requirement = await browser.requirement();

        const answers = [
          await preflight(browser, origin),
          await browser.send('GET', '/step-up/flow', { headers: from(origin) }),
          await browser.send('POST', '/step-up/flow', {
            headers: { ...from(origin), 'content-type': 'application/json' },
            body: JSON.stringify({ requirement }),
          }),
        ];

        expect(answers.map(({ status }) => status)).toEqual([405, 403, 403]);
        for (const { headers, cookies } of answers) {
          expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
          expect(headers.vary?.toLowerCase()).toContain('origin');
          expect(cookies).toEqual([]);
        }
      },
    );

    it('sets a Lax cookie for another host of the same site', async () => {
      const { browser } = await open();

      const requirement = await browser.requirement();

      const { cookies } = await browser.post(
        '/step-up/flow',
        { requirement },
        { ...from(APP), 'sec-fetch-site': 'same-site' },
      );

      expect(cookies).toEqual([expect.stringMatching(/; SameSite=Lax$/)]);
    });

    it('replaces SameSite=Lax: approvals do not serve requests of other sites', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      const { bank, browser } = await open();
      await browser.start();
      tenant.phone.approve();
      tenant.clock.advance(POLL_MS);
      await browser.view();
      const statusOf = async (method: string, headers: Record<string, string>): Promise<number> =>
        (
          await browser
            .copy()
            .send(method, '/transfers', { headers: { 'sec-fetch-site': 'cross-site', ...headers } })
        ).status;

      const refused = [
        await statusOf('POST', { origin: EVIL, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }),
        await statusOf('POST', { origin: APP, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }),
        await statusOf('POST', { origin: EVIL }),
        await statusOf('GET', { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }),
        await statusOf('GET', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }),
      ];
      expect(refused).toEqual([403, 303, 403, 401, 401]);
      expect(bank.reached).toEqual([]);

      expect(await statusOf('GET', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' })).toBe(200);
      expect(await statusOf('POST', { origin: APP })).toBe(200);
    });

    it('allows no other origin by default', async () => {
      const bank = await scene.open();

      const answer = await preflight(await bank.browser(), APP);

      expect(answer.status).toBe(405);
      expect(answer.headers.vary ?? '').not.toMatch(/origin/i);
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    });
  });

  describe('a guarded route', () => {
    const FORGED: readonly (readonly [string, Record<string, string>])[] = [
      ['a page of another site', { 'sec-fetch-site': 'cross-site', origin: EVIL }],
      ['a sibling of the domain', { 'sec-fetch-site': 'same-site', origin: EVIL }],
      ['a page without an origin', { 'sec-fetch-site': 'cross-site', origin: 'null' }],
      ['another origin, in a browser that tells no site', { 'sec-fetch-site': '', origin: EVIL }],
    ];

    async function approved(gateOptions: BankOptions['gateOptions'] = {}): Promise<{
      readonly bank: Bank;
      readonly send: (method: string, headers: Readonly<Record<string, string>>) => Promise<Answer>;
    }> {
      if (scene.tenant.challenges() === 0) await scene.tenant.enrolPush();
      const bank = await scene.open({ gateOptions: { insecureCookie: true, ...gateOptions } });
      const browser = await bank.browser();
      await browser.start();
      scene.tenant.phone.approve();
      scene.tenant.clock.advance(POLL_MS);
      await browser.view();
      const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ');
      return {
        bank,
        send(method, headers) {
          const sent = Object.entries({ cookie, ...headers }).filter(([, value]) => value !== '');
          return call(method, `${bank.url}/transfers`, { headers: Object.fromEntries(sent) });
        },
      };
    }

    it.each(FORGED)('does not run for %s with an approval of the owner', async (_, headers) => {
      const { bank, send } = await approved();

      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        const answer = await send(method, headers);
        expect(answer.status).toBe(403);
        expect(answer.json()).toEqual({
          error: 'cross_site_request',
          error_description: expect.stringMatching(/another origin .* allowedOrigins.* checkOrigin: false/),
        });
      }
      expect(bank.reached).toEqual([]);
      expect(bank.errors).toEqual([]);
    });

    it('does not run for another origin where the policy asks for no approval', async () => {
      const bank = await scene.open({
        gateOptions: { insecureCookie: true },
        policies: { small: () => false },
      });
      const { cookies } = await bank.browser();
      const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
      const send = (headers: Record<string, string>): Promise<Answer> =>
        call('POST', `${bank.url}/small`, { headers: { cookie, ...headers } });

      expect((await send({ 'sec-fetch-site': 'cross-site', origin: EVIL })).status).toBe(403);
      expect(bank.reached).toEqual([]);
      expect((await send({ 'sec-fetch-site': 'same-origin' })).status).toBe(200);
    });

    it.each<[string, Record<string, string>]>([
      ['a page of this site', { 'sec-fetch-site': 'same-origin' }],
      ['the user, by an address', { 'sec-fetch-site': 'none' }],
      ['a client that is no browser', {}],
      ['a page that hides its origin, in a browser that tells no site', { origin: 'null' }],
      [
        'a script with a bearer token',
        { 'sec-fetch-site': 'cross-site', origin: EVIL, authorization: 'Bearer t' },
      ],
    ])('runs for %s', async (_, headers) => {
      const { send } = await approved();

      expect((await send('POST', headers)).status).toBe(200);
    });

    it('runs for another origin by GET, and by any method if the app allows it', async () => {
      const strict = await approved();
      const [, headers] = FORGED[1] ?? ['', {}];
      const byGet = await strict.send('GET', headers);
      scene.tenant.clock.advance(15_000);
      const lax = await approved({ checkOrigin: false });

      expect(byGet.status).toBe(200);
      expect((await lax.send('POST', headers)).status).toBe(200);
    });
  });
}
