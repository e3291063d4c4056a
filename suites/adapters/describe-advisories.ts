import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { createMemoryStore, type Policy, type RoutePolicy } from '@stepgate/server';
import { describe, expect, it } from 'vitest';
import { open } from '../http.ts';
import { POLL_MS, type TestUser } from '../test-tenant.ts';
import type { Bank, Browser, HostRequest, Session } from './bank.ts';
import type { Scene } from './describe-adapter.ts';

const throwing = (member: string): Policy<HostRequest> =>
  Object.defineProperty({}, member, {
    enumerable: true,
    get() {
      throw new Error('broken');
    },
  });

const MEMBERS = [
  'maxAge',
  'factors',
  'singleUse',
  'action',
  'allowEnrolledInFlow',
  'minAuthenticatorAge',
  'keepTokens',
  'evidence',
];

/** Other ways to write the path of the guarded route. */
const SPELLINGS = [
  '/%74ransfers',
  '//transfers',
  '/transfers/',
  '/transfers//',
  '/transfers;x=1',
  '/transfers%2f',
  '/transfers%00',
  '/transfers%20',
  '/transfers/.',
  '/./transfers',
  '/x/../transfers',
  '/x/%2e%2e/transfers',
  '/TRANSFERS',
  '/en/transfers',
  '/transfers%3fx',
];

/** What advisories about other packages of this field have reported, tried on this host. */
export function describeAdvisories(scene: Scene): void {
  async function approve(browser: Browser, path = '/transfers'): Promise<void> {
    await browser.start(path);
    scene.tenant.phone.approve();
    scene.tenant.clock.advance(POLL_MS);
    expect(await browser.view()).toMatchObject({ state: 'approved' });
  }

  /** A request whose path goes out as it is. */
  async function statusOf(bank: Bank, path: string, headers: Record<string, string>): Promise<number> {
    const { port, hostname } = new URL(bank.url);
    const outgoing = httpRequest({ hostname, port, method: 'POST', path, headers, agent: false });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode ?? 0;
  }

  const cookiesOf = ({ cookies }: Browser): string => [...cookies].map((pair) => pair.join('=')).join('; ');

  describe('what advisories of the field report', () => {
    it.each(MEMBERS)(
      'policies whose %s throws, or is a promise, let nobody through (CVE-2026-42349)',
      async (member) => {
        await scene.tenant.enrolPush();
        const usual: Policy<HostRequest> = { maxAge: '5m' };
        const broken: RoutePolicy<HostRequest>[] = [
          () => throwing(member),
          () => ({ [member]: Promise.reject(new Error('broken')).catch(() => undefined) }) as never,
        ];
        const policies = Object.fromEntries(
          broken.flatMap((policy, i) => [
            [`alone${i}`, [policy]],
            [`first${i}`, [policy, usual]],
            [`last${i}`, [usual, policy]],
          ]),
        );
        const bank = await scene.open({ policies });
        const browser = await bank.browser();
        await approve(browser);

        const statuses = [];
        for (const name of Object.keys(policies)) statuses.push((await browser.post(`/${name}`, {})).status);

        expect(statuses.filter((status) => status < 400)).toEqual([]);
        expect(bank.reached).toEqual([]);
      },
    );

    it('no spelling of a path gets past its guard (CVE-2026-41248, CVE-2026-22037, CVE-2026-2880, CVE-2026-33808, CVE-2026-44573)', async () => {
      const bank = await scene.open();
      const headers = { cookie: cookiesOf(await bank.browser()) };

      for (const path of SPELLINGS) {
        expect([path, await statusOf(bank, path, headers)]).not.toEqual([path, 200]);
      }
      expect(bank.reached).toEqual([]);
    });

    it('a revocation in one process is seen by the next request in another (GHSA-xg6x-h9c9-2m83)', async () => {
      await scene.tenant.enrolPush();
      const store = createMemoryStore({ now: () => scene.tenant.clock.now() });
      const deeds = { revoke: async (gate: { revoke(): Promise<void> }) => ({ done: await gate.revoke() }) };
      const here = await scene.open({ deeds, gateOptions: { store } });
      const there = await scene.open({ gateOptions: { store } });
      const browser = await here.browser();
      there.sessions.set(browser.sessionCookie, here.sessions.get(browser.sessionCookie) as Session);
      await approve(browser);
      const headers = { cookie: cookiesOf(browser) };

      const before = await statusOf(there, '/transfers', headers);
      await browser.post('/revoke', {});

      expect([before, await statusOf(there, '/transfers', headers)]).toEqual([200, 401]);
    });

    it('a login that `identify` keeps with the request is looked up again for a stream (GHSA-xg6x-h9c9-2m83)', async () => {
      const loaded = new WeakMap<object, { subject: string; sessionId: string }>();
      let isSignedIn = true;
      const bank = await scene.open({
        gateOptions: {
          identify(request, { again }) {
            if (again && !isSignedIn) return undefined;
            const known = loaded.get(request) ?? { subject: scene.tenant.ada.subject, sessionId: 's' };
            loaded.set(request, known);
            return known;
          },
        },
      });
      const browser = await bank.browser();
      await browser.start();

      const stream = await open('GET', `${bank.url}/step-up/flow`, {
        headers: { cookie: cookiesOf(browser), accept: 'text/event-stream' },
      });
      await once(stream, 'data');
      isSignedIn = false;
      await scene.tenant.clock.whenWaited();
      scene.tenant.clock.advance(5_000);

      expect(await stream.resume().toArray()).toEqual([]);
    });

    it('a second user gets nothing of the flow, ticket and page of the first (GHSA-cq3f-vc6p-68fh)', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      const added = tenant.emulator.addUser({ username: 'grace', password: 'battery-staple' });
      const grace: TestUser = { username: 'grace', password: 'battery-staple', subject: added.sub };
      const bank = await scene.open();
      const ada = await bank.browser();
      const requirement = await ada.requirement();
      const page = (await ada.navigate('/transfers')).headers.location ?? '';
      await ada.post('/step-up/flow', { requirement });
      tenant.phone.approve();
      tenant.clock.advance(POLL_MS);
      await ada.view();
      const other = await bank.browser(grace);
      const cookie = `sid=${other.sessionCookie}; stepgate=${ada.cookies.get('stepgate')}`;
      const send = (method: string, path: string, headers = {}) =>
        other.send(method, path, { headers: { cookie, ...headers } });

      const shown = await send('GET', page, { 'sec-fetch-mode': 'navigate', accept: 'text/html' });
      const statuses = [
        (await send('GET', '/step-up/flow')).status,
        (await send('DELETE', '/step-up/flow')).status,
        (await other.post('/step-up/flow', { requirement }, { cookie })).status,
        (await send('POST', '/transfers')).status,
      ];

      expect(statuses).toEqual([404, 404, 400, 401]);
      expect(shown.text).not.toMatch(/data-state="approved"/);
      expect(bank.reached).toEqual([]);
    });

    it('no answer that hands a handle out is kept, nor what a guarded handler answers (CVE-2025-48947, CVE-2025-64762)', async () => {
      await scene.tenant.enrolPush();
      const bank = await scene.open();
      const browser = await bank.browser();
      const pageLoad = await (await bank.browser()).navigate('/transfers');
      const page = await (await bank.browser()).navigate('/step-up');
      const requirement = await browser.requirement();
      const started = await browser.post('/step-up/flow', { requirement });
      scene.tenant.phone.approve();
      scene.tenant.clock.advance(POLL_MS);
      await browser.view();
      const done = await browser.post('/transfers', {});

      expect([pageLoad.cookies.length, page.cookies.length, started.cookies.length]).toEqual([1, 1, 1]);
      expect(done.status).toBe(200);
      for (const { headers } of [pageLoad, page, started, done]) {
        expect(headers['cache-control']).toContain('no-store');
      }
    });

    it.each([
      'bank.example@evil.example',
      'evil.example:80@bank.example',
      'evil.example/x',
      'evil.example#',
      'a b',
    ])('a Host of %j leads nobody to another site (CVE-2026-27959, CVE-2025-32379)', async (host) => {
      const bank = await scene.open({ gateOptions: { insecureCookie: true } });
      const browser = await bank.browser();

      const answer = await browser.navigate('/transfers?to=//evil.example', { host });

      expect(answer.headers.location ?? '/step-up').toMatch(/^\/step-up(\?|$)/);
      expect(answer.status).toBeGreaterThanOrEqual(300);
      expect(bank.reached).toEqual([]);
    });

    it('no weaker approval opens the devices (CVE-2026-3429)', async () => {
      await scene.tenant.enrolPush();
      const bank = await scene.open();
      const browser = await bank.browser();
      for (const path of ['/keeping', '/single', '/closing']) {
        await approve(browser, path);
        scene.tenant.clock.advance(15_000);
      }
      const list = '/step-up/authenticators';

      const statuses = [
        (await browser.send('GET', list)).status,
        (await browser.post(list, { factor: 'otp' })).status,
        (await browser.send('DELETE', `${list}/${encodeURIComponent('push|dev_1')}`)).status,
      ];

      expect(statuses).toEqual([401, 401, 401]);
    });

    it('a limit counts logins, not addresses, of whatever family (CVE-2026-45364)', async () => {
      const ips = ['192.0.2.1', '::ffff:192.0.2.1', '::ffff:c000:201', '2001:db8::1', '2001:db8::2'];
      let asked = 0;
      const bank = await scene.open({
        gateOptions: {
          limits: { starts: { perSession: { count: 2, windowMs: 60_000 } } },
          identify() {
            asked += 1;
            return { subject: scene.tenant.ada.subject, sessionId: 's', ip: ips[asked % ips.length] ?? '' };
          },
        },
      });
      const browser = await bank.browser();

      const statuses = [];
      for (let i = 0; i < 4; i += 1) {
        const requirement = await browser.requirement();
        statuses.push((await browser.post('/step-up/flow', { requirement })).status);
        await browser.event({ type: 'flow.cancel' });
      }

      expect(statuses).toEqual([201, 201, 429, 429]);
    });

    it.each([0, '0s', '0m', Number.NaN, -1, Number.POSITIVE_INFINITY, null, ''])(
      'a maxAge of %j never means that no approval is needed',
      async (maxAge) => {
        const bank = await scene.open({ policies: { pay: () => ({ maxAge }) as Policy<HostRequest> } });
        const browser = await bank.browser();

        expect((await browser.post('/pay', {})).status).toBeGreaterThanOrEqual(401);
        expect(bank.reached).toEqual([]);
      },
    );
  });
}
