import { describe, expect, it } from 'vitest';
import { call } from '../http.ts';
import { POLL_MS } from '../test-tenant.ts';
import type { Scene } from './scene.ts';

/** The handle by which a browser owns its flow. */
export function describeHandle(scene: Scene): void {
  describe('handle', () => {
    it('travels in an HttpOnly cookie on loopback http', async () => {
      const browser = await (await scene.open()).browser();

      const answer = await browser.navigate('/transfers');

      expect(answer.cookies).toEqual([
        expect.stringMatching(/^stepgate=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/),
      ]);
    });

    it('travels in a __Host- cookie behind a trusted proxy that ends TLS', async () => {
      const browser = await (await scene.open({ trustsProxy: true })).browser();

      const answer = await browser.navigate('/transfers', {
        'x-forwarded-proto': 'https',
        host: 'bank.example',
      });

      expect(answer.status).toBe(303);
      expect(answer.cookies).toEqual([
        expect.stringMatching(/^__Host-stepgate=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/),
      ]);
    });

    it('is refused over plain http on another host, and when the proxy is not trusted', async () => {
      const bank = await scene.open();
      const browser = await bank.browser();
      const requirement = await browser.requirement();
      const bare = {
        cookie: `sid=${browser.sessionCookie}`,
        host: 'bank.example',
        'sec-fetch-site': 'same-origin',
      };

      const guarded = await call('POST', `${bank.url}/transfers`, { headers: bare });
      const start = await call('POST', `${bank.url}/step-up/flow`, {
        headers: { ...bare, 'content-type': 'application/json', 'x-forwarded-proto': 'https' },
        body: JSON.stringify({ requirement }),
      });

      for (const answer of [guarded, start]) {
        expect(answer.status).toBe(403);
        expect(answer.json()).toMatchObject({ error: 'insecure_transport' });
        expect(answer.cookies).toEqual([]);
      }
      expect(bank.reached).toEqual([]);
    });

    it.each<[string, Record<string, string>]>([
      ['X-Forwarded-For', { 'x-forwarded-for': '192.0.2.1' }],
      ['X-Forwarded-Proto', { 'x-forwarded-proto': 'https' }],
      ['X-Real-IP', { 'x-real-ip': '192.0.2.1' }],
      ['Forwarded', { forwarded: 'for=192.0.2.1;proto=https' }],
      ['Via', { via: '1.1 proxy' }],
      ['an Origin that is https', { origin: 'https://127.0.0.1:3000' }],
      ['an Origin on another host', { origin: 'http://bank.example' }],
      ['a Referer of a page on another host', { referer: 'https://bank.example/account' }],
    ])('is refused when a proxy makes a public site look like this machine, by %s', async (_, headers) => {
      await scene.tenant.enrolPush();
      // The default of nginx: the proxied address as the Host, and plain http.
      const bank = await scene.open();
      const browser = await bank.browser();
      const planted = browser.copy();
      const requirement = await browser.requirement();
      await browser.start();
      scene.tenant.phone.approve();
      scene.tenant.clock.advance(POLL_MS);
      await browser.view();

      const start = await planted.post('/step-up/flow', { requirement }, headers);
      const pageLoad = await planted.navigate('/transfers', headers);
      const withApproval = await browser.post('/transfers', {}, headers);

      for (const answer of [start, pageLoad, withApproval]) {
        expect(answer.status).toBe(403);
        expect(answer.json()).toMatchObject({
          error: 'insecure_transport',
          error_description: expect.stringMatching(/came by a proxy.*X-Forwarded-Proto/),
        });
      }
      expect([start, pageLoad, withApproval].flatMap(({ cookies }) => cookies)).toEqual([]);
      expect(bank.reached).toEqual([]);
    });

    it('travels behind a proxy on this machine if the app allows it', async () => {
      const browser = await (await scene.open({ gateOptions: { insecureCookie: true } })).browser();

      const answer = await browser.navigate('/transfers', { 'x-forwarded-for': '127.0.0.1' });

      expect(answer.cookies).toEqual([expect.stringMatching(/^stepgate=/)]);
    });

    it('travels over plain http if the app allows it', async () => {
      const browser = await (await scene.open({ gateOptions: { insecureCookie: true } })).browser();

      const answer = await browser.navigate('/transfers', { host: 'intranet' });

      expect(answer.cookies).toEqual([expect.stringMatching(/^stepgate=/)]);
    });

    it('is never overwritten while the browser shows one', async () => {
      const browser = await (await scene.open()).browser();
      await browser.start();
      const handle = browser.cookies.get('stepgate');

      const again = await browser.navigate('/transfers');
      const page = await browser.navigate('/step-up');
      await browser.event({ type: 'flow.cancel' });
      scene.tenant.clock.advance(60_000);
      const requirement = await browser.requirement();
      const start = await browser.post('/step-up/flow', { requirement });

      expect(start.status).toBe(201);
      expect([...again.cookies, ...page.cookies, ...start.cookies]).toEqual([]);
      expect(browser.cookies.get('stepgate')).toBe(handle);
    });

    it('is set when a script starts a flow, so that tabs that are refused at once share one', async () => {
      await scene.tenant.enrolPush();
      const first = await (await scene.open()).browser();
      const second = first.copy();

      const [requirement] = await Promise.all([first.requirement(), second.requirement()]);
      const [one, other] = await Promise.all(
        [first, second].map((tab) => tab.post('/step-up/flow', { requirement })),
      );
      const [started, refused] = one?.status === 201 ? [one, other] : [other, one];

      expect(started?.cookies).toHaveLength(1);
      expect([refused?.status, refused?.headers['retry-after'], refused?.cookies]).toEqual([409, '1', []]);
      expect(refused?.json()).toMatchObject({ error: 'flow_in_progress' });
    });

    it('is not set for a request of another site', async () => {
      const browser = await (await scene.open()).browser();

      const headers = { 'sec-fetch-site': 'cross-site' };
      const api = await browser.send('POST', '/transfers', { headers });
      const load = await browser.navigate('/transfers', headers);
      const page = await browser.navigate('/step-up', headers);

      expect(load.status).toBe(303);
      expect([...api.cookies, ...load.cookies, ...page.cookies]).toEqual([]);
    });

    it('travels in a header if a client without cookies asks for it', async () => {
      await scene.tenant.enrolPush();
      const bank = await scene.open({
        gateOptions: { identify: () => ({ subject: scene.tenant.ada.subject, sessionId: 'a bearer token' }) },
      });
      const refused = await call('POST', `${bank.url}/transfers`);
      const { step_up } = refused.json<{ step_up: { requirement: string } }>();
      const start = (headers: Record<string, string>) =>
        call('POST', `${bank.url}/step-up/flow`, {
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify({ requirement: step_up.requirement }),
        });

      const browser = await start({ 'stepgate-handle': 'new', 'sec-fetch-site': 'same-origin' });
      expect(browser.headers).not.toHaveProperty('stepgate-handle');

      scene.tenant.clock.advance(300_000);
      const client = await start({ 'stepgate-handle': 'new' });
      const handle = client.headers['stepgate-handle'] ?? '';
      expect(handle).toMatch(/^[\w-]{43}$/);
      expect(client.cookies).toEqual([]);
      const view = await call('GET', `${bank.url}/step-up/flow`, { headers: { 'stepgate-handle': handle } });
      expect(view.status).toBe(200);
    });

    // No host can change what follows.
    if (!scene.everything) return;

    it('gets time to reach its browser before the session gets another one', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      const browser = await (await scene.open()).browser();
      const early = browser.copy();
      const requirement = await browser.requirement();

      await browser.start();
      const meanwhile = await early.post('/step-up/flow', { requirement });
      tenant.clock.advance(2_000);
      const later = await early.post('/step-up/flow', { requirement });

      expect([meanwhile.status, meanwhile.cookies]).toEqual([409, []]);
      expect([later.status, later.cookies]).toEqual([201, [expect.stringMatching(/^stepgate=/)]]);
    });

    it('gives the next login in the same browser nothing of the previous one', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      const bank = await scene.open();
      const before = await bank.browser();
      await before.start();
      tenant.phone.approve();
      tenant.clock.advance(POLL_MS);
      await before.view();
      const next = await bank.browser();
      const handle = before.cookies.get('stepgate') ?? '';
      const headers = { cookie: `sid=${next.sessionCookie}; stepgate=${handle}` };

      const guarded = await next.send('POST', '/transfers', { headers });
      const { step_up } = guarded.json<{ step_up: { requirement: string } }>();
      tenant.clock.advance(60_000);
      const start = await next.send('POST', '/step-up/flow', {
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ requirement: step_up.requirement }),
      });

      expect(guarded.status).toBe(401);
      expect(start.status).toBe(201);
      expect(start.json()).toMatchObject({ state: 'polling' });
      expect((await next.send('POST', '/transfers', { headers })).status).toBe(401);
      expect((await before.post('/transfers', {})).status).toBe(200);
    });

    it('keeps the next login in the same browser from sending a push while the previous one waits', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      const bank = await scene.open();
      const before = await bank.browser();
      await before.start();
      const next = await bank.browser();
      const headers = {
        cookie: `sid=${next.sessionCookie}; stepgate=${before.cookies.get('stepgate') ?? ''}`,
      };

      const guarded = await next.send('POST', '/transfers', { headers });
      const { step_up } = guarded.json<{ step_up: { requirement: string } }>();
      const start = await next.send('POST', '/step-up/flow', {
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ requirement: step_up.requirement }),
      });

      expect(start.json()).toMatchObject({ state: 'failed', reason: 'push_in_progress' });
      expect(tenant.phone.notifications()).toHaveLength(1);
    });
  });
}
