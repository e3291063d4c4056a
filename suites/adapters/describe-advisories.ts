import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  sign,
} from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { createMemoryStore, type Policy, type RoutePolicy } from '@stepgate/server';
import { describe, expect, it } from 'vitest';
import { call, open } from '../http.ts';
import { POLL_MS, providerOf, RECOVERY_CODE, type TestUser } from '../test-tenant.ts';
import type { Bank, Browser, HostRequest, Session } from './bank.ts';
import type { Scene } from './scene.ts';

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

/** Longer than one code of an authenticator app lives: the tenant takes none twice. */
const NEXT_CODE_MS = 31_000;

/** Ways to sign a token so that careless verifiers take it, each from the tenant's own token and its public key. */
const FORGERIES: readonly {
  readonly title: string;
  readonly forge: (token: string, key: KeyObject) => string;
}[] = [
  { title: 'no signature', forge: (token) => resigned(token, { alg: 'none' }, () => Buffer.alloc(0)) },
  {
    title: "the public key as HS256's secret",
    forge: (token, key) =>
      resigned(token, { alg: 'HS256' }, (text) =>
        createHmac('sha256', key.export({ type: 'spki', format: 'pem' }))
          .update(text)
          .digest(),
      ),
  },
  {
    title: 'a key that the token brings along',
    forge(token) {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const jwk = publicKey.export({ format: 'jwk' });
      return resigned(token, { alg: 'ES256', jwk, kid: 'evil' }, (text) =>
        sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }),
      );
    },
  },
];

/** The token with other members in its header, and a signature over them. */
function resigned(token: string, header: object, signed: (text: string) => Buffer): string {
  const [head = '', body = ''] = token.split('.');
  const before = JSON.parse(Buffer.from(head, 'base64url').toString()) as object;
  const text = `${Buffer.from(JSON.stringify({ ...before, ...header })).toString('base64url')}.${body}`;
  return `${text}.${signed(text).toString('base64url')}`;
}

/** What advisories about similar packages have reported, tried on this host. */
export function describeAdvisories(scene: Scene): void {
  async function approve(browser: Browser, path = '/transfers'): Promise<void> {
    await browser.start(path);
    scene.tenant.phone.approve();
    scene.tenant.clock.advance(POLL_MS);
    expect(await browser.view()).toMatchObject({ state: 'approved' });
  }

  /** A request whose path is sent unchanged. */
  async function statusOf(bank: Bank, path: string, headers: Record<string, string>): Promise<number> {
    const { port, hostname } = new URL(bank.url);
    const outgoing = httpRequest({ hostname, port, method: 'POST', path, headers, agent: false });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode ?? 0;
  }

  const cookiesOf = ({ cookies }: Browser): string => [...cookies].map((pair) => pair.join('=')).join('; ');

  describe('advisories about similar packages', () => {
    it.each(MEMBERS)(
      'lets nobody through when the %s of a policy throws, or is a promise (CVE-2026-42349)',
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

    it('guards every spelling of a path (CVE-2026-41248, CVE-2026-22037, CVE-2026-2880, CVE-2026-33808, CVE-2026-44573)', async () => {
      const bank = await scene.open();
      const headers = { cookie: cookiesOf(await bank.browser()) };

      for (const path of SPELLINGS) {
        expect([path, await statusOf(bank, path, headers)]).not.toEqual([path, 200]);
      }
      expect(bank.reached).toEqual([]);
    });

    it('sees a revocation by one process in the next request to another (GHSA-xg6x-h9c9-2m83)', async () => {
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

    it('looks a login up again for a stream, even if `identify` keeps it with the request (GHSA-xg6x-h9c9-2m83)', async () => {
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

    it('hides the flow, ticket and page of one user from another (GHSA-cq3f-vc6p-68fh)', async () => {
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

    it('judges a code once, even if it is sent to two processes many times at once (CVE-2026-43930, CVE-2026-31875)', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      tenant.clock.advance(NEXT_CODE_MS);
      const store = createMemoryStore({ now: () => tenant.clock.now() });
      const bankOptions = {
        policies: { once: { factors: ['otp'], maxAge: 0 } as const },
        gateOptions: { store },
      };
      const here = await scene.open(bankOptions);
      const there = await scene.open(bankOptions);
      const browser = await here.browser();
      there.sessions.set(browser.sessionCookie, here.sessions.get(browser.sessionCookie) as Session);
      const [device] = (await browser.start('/once')).authenticators.filter(({ factor }) => factor === 'otp');
      await browser.event({ type: 'factor.choose', authenticatorId: device?.id });
      const { state, version } = await browser.view();
      const judged = (): number =>
        tenant.exchanges.filter(({ path, sent }) => path === '/oauth/token' && sent.includes('otp=')).length;
      const code = tenant.phone.codes().at(-1)?.code;
      const submit = ({ url }: Bank) =>
        call('POST', `${url}/step-up/flow/events`, {
          headers: {
            cookie: cookiesOf(browser),
            'sec-fetch-site': 'same-origin',
            'content-type': 'application/json',
            'if-match': `"${version}"`,
          },
          body: JSON.stringify({ type: 'code.submit', code }),
        });

      const answers = await Promise.all([here, there, here, there, here, there].map(submit));
      const uses = await Promise.all(
        [here, there, here].map((bank) => statusOf(bank, '/once', { cookie: cookiesOf(browser) })),
      );

      expect(state).toBe('prompting');
      expect(judged()).toBe(1);
      expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
      expect(uses.toSorted((a, b) => a - b)).toEqual([200, 401, 401]);
    });

    it('approves one of two flows that send the same recovery code at once (CVE-2026-43930, CVE-2026-31875)', async () => {
      const { tenant } = scene;
      const { ada } = tenant;
      const store = createMemoryStore({ now: () => tenant.clock.now() });
      await tenant.enrolPush();
      const bankOptions = {
        policies: { lost: { factors: ['recovery-code'], maxAge: 0 } as const },
        gateOptions: { store },
      };
      const here = await scene.open(bankOptions);
      const there = await scene.open(bankOptions);
      const browsers = [await here.browser(ada), await there.browser(ada)];
      for (const browser of browsers) {
        const { authenticators } = await browser.start('/lost');
        const device = authenticators.find(({ factor }) => factor === 'recovery-code');
        await browser.event({ type: 'factor.choose', authenticatorId: device?.id });
      }

      const ends = await Promise.all(
        browsers.map(async (browser) =>
          (await browser.event({ type: 'code.submit', code: RECOVERY_CODE })).json<{ state: string }>(),
        ),
      );

      expect(ends.map(({ state }) => state).toSorted()).toEqual(['acknowledging', 'prompting']);
    });

    it("two users' retries, interleaved, never use each other's refresh token (CVE-2026-40155)", async () => {
      const { tenant } = scene;
      const added = tenant.emulator.addUser({ username: 'grace', password: 'battery-staple' });
      const grace: TestUser = { username: 'grace', password: 'battery-staple', subject: added.sub };
      await tenant.enrolPush();
      await tenant.enrolPush(grace);
      // Nobody moves the clock for those who would wait for their turn at the tenant.
      const bank = await scene.open({ gateOptions: { tenantBudget: false } });
      const browsers = [await bank.browser(), await bank.browser(grace)] as const;
      const tokenOf = ({ sessionCookie }: Browser): string | undefined =>
        bank.sessions.get(sessionCookie)?.refreshToken;
      const phones = [tenant.phone, tenant.emulator.phone('grace')];

      for (let round = 0; round < 3; round += 1) {
        const started = await Promise.all(browsers.map((browser) => browser.start('/single')));
        for (const phone of phones) phone.approve();
        tenant.clock.advance(POLL_MS);
        const ends = await Promise.all(browsers.map((browser) => browser.view()));
        const uses = await Promise.all(browsers.map((browser) => browser.post('/single', {})));

        expect(started.map(({ state }) => state)).toEqual(['polling', 'polling']);
        expect(ends.map(({ state }) => state)).toEqual(['approved', 'approved']);
        expect(uses.map(({ status }) => status)).toEqual([200, 200]);
        tenant.clock.advance(15_000);
      }
      // A tenant that asks for no factor gives tokens at once, and rotates what it took.
      tenant.emulator.configure({ mfaPolicy: 'never' });
      const before = browsers.map(tokenOf);
      const refused = await Promise.all(browsers.map((browser) => browser.start('/single')));

      expect(refused.map(({ state }) => state)).toEqual(['failed', 'failed']);
      for (const [i, browser] of browsers.entries()) {
        expect(tokenOf(browser)).not.toBe(before[i]);
        const owner = await tenant.ownerOf(tokenOf(browser) ?? '');
        expect(owner).toBe([tenant.ada, grace][i]?.subject);
      }
    });

    it.each(FORGERIES)(
      'grants no approval for a token with $title (GHSA-869p-cjfg-cm3x)',
      async ({ forge }) => {
        const { tenant } = scene;
        await tenant.enrolPush();
        const { keys } = (await (
          await fetch(new URL('.well-known/jwks.json', tenant.auth0.issuer))
        ).json()) as {
          keys: JsonWebKey[];
        };
        const key = createPublicKey({ key: keys[0] as JsonWebKey, format: 'jwk' });
        let forged = 0;
        const bank = await scene.open({
          gateOptions: {
            provider: providerOf({
              ...tenant.auth0,
              async fetch(input, init) {
                const response = (await tenant.auth0.fetch?.(input, init)) ?? Response.error();
                if (!response.ok || !response.url.endsWith('/oauth/token')) return response;
                const tokens = (await response.json()) as { id_token: string };
                forged += 1;
                return Response.json({ ...tokens, id_token: forge(tokens.id_token, key) });
              },
            }),
          },
        });
        const browser = await bank.browser();
        await browser.start();
        tenant.phone.approve();
        tenant.clock.advance(POLL_MS);

        expect(await browser.view()).toMatchObject({ state: 'failed' });
        expect(forged).toBe(1);
        expect((await browser.post('/transfers', {})).status).toBe(401);
      },
    );

    it('forbids storing responses that set a handle or come from a guarded handler (CVE-2025-48947, CVE-2025-64762)', async () => {
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
    ])('sends nobody to another site for a Host of %j (CVE-2026-27959, CVE-2025-32379)', async (host) => {
      const bank = await scene.open({ gateOptions: { insecureCookie: true } });
      const browser = await bank.browser();

      const answer = await browser.navigate('/transfers?to=//evil.example', { host });

      expect(answer.headers.location ?? '/step-up').toMatch(/^\/step-up(\?|$)/);
      expect(answer.status).toBeGreaterThanOrEqual(300);
      expect(bank.reached).toEqual([]);
    });

    it('accepts no weaker approval for managing devices (CVE-2026-3429)', async () => {
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

    it('limits logins, not addresses, in IPv4 and IPv6 alike (CVE-2026-45364)', async () => {
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
      'never takes a maxAge of %j to mean that no approval is needed',
      async (maxAge) => {
        const bank = await scene.open({ policies: { pay: () => ({ maxAge }) as Policy<HostRequest> } });
        const browser = await bank.browser();

        expect((await browser.post('/pay', {})).status).toBeGreaterThanOrEqual(401);
        expect(bank.reached).toEqual([]);
      },
    );
  });
}
