import { describe, expect, it } from 'vitest';
import type { Answer } from '../http.ts';
import { call } from '../http.ts';
import type { Bank, Browser } from './bank.ts';
import type { Scene } from './scene.ts';

/** Every fact of the machine, and the clock. None of them may come from outside. */
const FACTS: readonly Record<string, unknown>[] = [
  { type: 'mfa.required' },
  { type: 'authenticators.listed', authenticators: [] },
  { type: 'enrollment.started', binding: 'poll', hasRecoveryCodes: false },
  { type: 'challenge.sent', binding: 'poll' },
  { type: 'poll.pending' },
  { type: 'poll.slowed' },
  { type: 'poll.rejected' },
  { type: 'tokens.received', hasRecoveryCodes: false },
  { type: 'identity.verified' },
  { type: 'effect.failed', code: 'cancelled' },
  { type: 'time.passed' },
];

const UNKNOWN: readonly unknown[] = [
  { type: 'flow.approve' },
  { type: 'xstate.init' },
  { type: '' },
  { type: 7 },
  { type: ['flow.cancel'] },
  {},
  [],
  null,
  'flow.cancel',
  { type: '__proto__' },
];

/** Types that a client can send, each with a missing or wrong member: its name, and the event. */
const INCOMPLETE: readonly (readonly [string, Record<string, unknown>])[] = [
  ['code', { type: 'code.submit' }],
  ['code', { type: 'code.submit', code: 123456 }],
  ['code', { type: 'code.submit', code: '' }],
  ['code', { type: 'code.submit', code: '1'.repeat(1_025) }],
  ['password', { type: 'password.submit', password: null }],
  ['authenticatorId', { type: 'factor.choose', authenticatorId: {} }],
  ['factor', { type: 'enrollment.begin', factor: 'recovery-code' }],
  ['factor', { type: 'enrollment.begin', factor: 'toString' }],
];

function refusedWith(answer: Answer, status: number, code: string): void {
  expect(answer.status).toBe(status);
  expect(answer.json()).toMatchObject({ error: code, error_description: expect.stringMatching(/\w+ \w+/) });
  expect(answer.headers['cache-control']).toContain('no-store');
}

/** Wrong input always gets a helpful 4xx, and changes nothing. */
export function describeBadInput(scene: Scene): void {
  describe.each([
    { name: 'without a body parser', parsesBodies: false },
    { name: 'behind a body parser', parsesBodies: true },
  ])('wrong input $name', ({ parsesBodies }) => {
    /** A flow that waits for a push, and the check that it still does. */
    async function pollingFlow(): Promise<{
      bank: Bank;
      browser: Browser;
      ifMatch: { 'if-match': string };
      expectUnchanged: () => Promise<void>;
    }> {
      await scene.tenant.enrolPush();
      const bank = await scene.open({ parsesBodies });
      const browser = await bank.browser();
      const before = await browser.start();
      return {
        bank,
        browser,
        ifMatch: { 'if-match': `"${before.version}"` },
        async expectUnchanged() {
          expect(await browser.view()).toEqual(before);
          expect(scene.tenant.challenges()).toBe(1);
          expect((await browser.post('/transfers', {})).status).toBe(401);
          expect(bank.reached).toEqual([]);
          expect(bank.errors).toEqual([]);
        },
      };
    }

    it('accepts no event of an unknown type', async () => {
      const { browser, ifMatch, expectUnchanged } = await pollingFlow();

      for (const event of UNKNOWN) {
        // Parsers in front may already refuse a body that is not an object.
        if (parsesBodies && typeof event !== 'object') continue;
        if (parsesBodies && event === null) continue;
        refusedWith(await browser.post('/step-up/flow/events', event, ifMatch), 400, 'event_unknown');
      }
      await expectUnchanged();
    });

    it('accepts no event without the version of the view, or with an old one', async () => {
      const { browser, expectUnchanged } = await pollingFlow();
      const cancel = { type: 'flow.cancel' };

      refusedWith(await browser.post('/step-up/flow/events', cancel), 428, 'version_required');
      for (const header of ['*', '1', 'nonsense', '"1", "2"', '"-1"']) {
        refusedWith(
          await browser.post('/step-up/flow/events', cancel, { 'if-match': header }),
          428,
          'version_required',
        );
      }
      refusedWith(
        await browser.post('/step-up/flow/events', cancel, { 'if-match': '"1"' }),
        412,
        'version_stale',
      );
      await expectUnchanged();
    });

    it('accepts JSON only (and forms of the page), up to 64 KB', async () => {
      const { browser, ifMatch, expectUnchanged } = await pollingFlow();
      const event = JSON.stringify({ type: 'flow.cancel' });
      const send = (type: string, body: string) =>
        browser.send('POST', '/step-up/flow/events', { headers: { 'content-type': type, ...ifMatch }, body });

      refusedWith(await send('text/plain', event), 415, 'unsupported_media_type');
      refusedWith(await send('application/jsonp', event), 415, 'unsupported_media_type');
      refusedWith(await send('multipart/form-data; boundary=x', event), 415, 'unsupported_media_type');
      refusedWith(
        await send('application/json', JSON.stringify({ type: 'flow.cancel', padding: 'x'.repeat(70_000) })),
        413,
        'body_too_large',
      );
      if (!parsesBodies) {
        refusedWith(await send('application/json', '{"type":'), 400, 'invalid_request');
        refusedWith(await send('application/json', ''), 400, 'invalid_request');
      }
      await expectUnchanged();
    });

    it('accepts nothing from another site', async () => {
      const { bank, browser, ifMatch, expectUnchanged } = await pollingFlow();
      const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ');
      const foreign: Record<string, string>[] = [
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
        { origin: 'https://evil.example' },
        { origin: 'null' },
        { origin: bank.url.replace('http', 'https') },
        { 'sec-fetch-site': 'cross-site', origin: bank.url },
      ];

      for (const headers of foreign) {
        const from = { cookie, 'content-type': 'application/json', ...ifMatch, ...headers };
        const send = (method: string, path: string, body?: unknown) =>
          call(method, bank.url + path, {
            headers: from,
            body: body === undefined ? undefined : JSON.stringify(body),
          });
        refusedWith(await send('DELETE', '/step-up/flow'), 403, 'cross_site_request');
        refusedWith(await send('GET', '/step-up/flow'), 403, 'cross_site_request');
        refusedWith(await send('POST', '/step-up/flow', { requirement: 'x' }), 403, 'cross_site_request');
        refusedWith(
          await send('POST', '/step-up/flow/events', { type: 'flow.cancel' }),
          403,
          'cross_site_request',
        );
      }
      await expectUnchanged();
    });

    it('requires a signed-in user for everything except assets', async () => {
      const bank = await scene.open({ parsesBodies });
      const stranger = bank.stranger();

      refusedWith(await stranger.send('GET', '/step-up'), 401, 'login_required');
      refusedWith(await stranger.send('GET', '/step-up/flow'), 401, 'login_required');
      refusedWith(await stranger.send('DELETE', '/step-up/flow'), 401, 'login_required');
      refusedWith(await stranger.post('/step-up/flow', { requirement: 'x' }), 401, 'login_required');
      refusedWith(await stranger.post('/step-up/flow/events', {}), 401, 'login_required');
      expect((await stranger.send('GET', '/step-up/assets/stepgate-page.js')).status).toBe(200);
    });

    it('answers a request that names no host', async () => {
      const bank = await scene.open({ parsesBodies });
      const browser = await bank.browser();

      // An empty Host, which Node's client would fill in.
      const headers = { host: ' ' };
      for (const path of ['/step-up', '/step-up/authenticators', '/step-up/flow']) {
        expect((await browser.navigate(path, headers)).status).toBe(400);
        expect((await browser.send('GET', path, { headers })).status).toBe(400);
      }
      // From the gate, which sets no handle over plain http, or from the host itself.
      expect([400, 403]).toContain((await browser.post('/transfers', {}, headers)).status);
      expect(bank.reached).toEqual([]);
      expect(bank.errors).toEqual([]);
    });

    it('serves no other paths and methods under its base path, and leaves the rest to the app', async () => {
      const browser = await (await scene.open({ parsesBodies })).browser();

      for (const path of [
        '/step-up/none',
        '/step-up/flow/none',
        '/step-up/assets/..%2f..%2fpackage.json',
        '/step-up/__proto__',
      ]) {
        refusedWith(await browser.send('GET', path), 404, 'not_found');
      }
      for (const method of ['POST', 'PUT', 'DELETE']) {
        const asset = await browser.send(method, '/step-up/assets/stepgate.js');
        refusedWith(asset, 405, 'method_not_allowed');
        expect(asset.headers.allow).toBe('GET, HEAD');
      }
      const head = await browser.send('HEAD', '/step-up/assets/stepgate.js');
      expect([head.status, head.text]).toEqual([200, '']);
      const put = await browser.send('PUT', '/step-up/flow');
      refusedWith(put, 405, 'method_not_allowed');
      expect(put.headers.allow).toBe('GET, POST, DELETE');
      expect((await browser.send('GET', '/step-upper')).status).toBe(404);
      expect((await browser.send('GET', '/step-upper')).text).not.toContain('not_found');
    });

    // No host can change what follows.
    if (!scene.everything) return;

    it('accepts no fact from outside, stamped or not', async () => {
      const { browser, ifMatch, expectUnchanged } = await pollingFlow();

      for (const fact of FACTS) {
        for (const stamp of [{}, { seq: 4, at: scene.tenant.clock.now(), jitterMs: 0 }]) {
          refusedWith(
            await browser.post('/step-up/flow/events', { ...fact, ...stamp }, ifMatch),
            400,
            'event_unknown',
          );
        }
      }
      await expectUnchanged();
    });

    it('names the wrong member of an event', async () => {
      const { browser, ifMatch, expectUnchanged } = await pollingFlow();

      for (const [name, event] of INCOMPLETE) {
        const answer = await browser.post('/step-up/flow/events', event, ifMatch);
        refusedWith(answer, 400, 'invalid_request');
        expect(answer.json().error_description).toContain(`"${name}"`);
      }
      await expectUnchanged();
    });

    it('accepts no event that the state has no use for', async () => {
      const { browser, ifMatch, expectUnchanged } = await pollingFlow();

      for (const event of [
        { type: 'flow.start' },
        { type: 'codes.acknowledge' },
        { type: 'code.submit', code: '123456' },
        { type: 'password.submit', password: 'correct-horse' },
        { type: 'flow.retry' },
        { type: 'enrollment.begin', factor: 'push' },
      ]) {
        refusedWith(await browser.post('/step-up/flow/events', event, ifMatch), 409, 'event_not_allowed');
      }
      await expectUnchanged();
    });

    it('finds no flow for an unknown or malformed handle, or the handle of another session', async () => {
      const { bank, browser, ifMatch, expectUnchanged } = await pollingFlow();
      const grace = { username: 'grace', password: 'battery-staple' };
      const { sub } = scene.tenant.emulator.addUser(grace);
      const handle = browser.cookies.get('stepgate') ?? '';
      const own = `sid=${browser.sessionCookie}`;
      const strangers = [
        `${own}; stepgate=${'A'.repeat(43)}`,
        `${own}; stepgate=short`,
        `${own}; stepgate=`,
        own,
        `sid=${(await bank.browser({ ...grace, subject: sub })).sessionCookie}; stepgate=${handle}`,
        `sid=${(await bank.browser()).sessionCookie}; stepgate=${handle}`,
      ];

      for (const cookie of strangers) {
        const headers = { cookie, 'content-type': 'application/json', ...ifMatch };
        const body = JSON.stringify({ type: 'flow.cancel' });
        const url = `${bank.url}/step-up/flow`;
        refusedWith(await call('GET', url, { headers }), 404, 'flow_not_found');
        refusedWith(await call('DELETE', url, { headers }), 404, 'flow_not_found');
        refusedWith(await call('POST', `${url}/events`, { headers, body }), 404, 'flow_not_found');
      }
      await expectUnchanged();
    });

    it('accepts no authenticator that the user does not have', async () => {
      const { browser } = await pollingFlow();
      scene.tenant.clock.advance(20_000);

      for (const authenticatorId of ['push|dev_none', '__proto__', ' ', 'constructor']) {
        refusedWith(
          await browser.event({ type: 'factor.choose', authenticatorId }),
          409,
          'event_not_allowed',
        );
      }
      expect(await browser.view()).toMatchObject({ state: 'polling' });
      expect(scene.tenant.challenges()).toBe(1);
    });

    it('tells an unknown authenticator from one that must wait', async () => {
      const { browser, ifMatch, expectUnchanged } = await pollingFlow();
      const [push] = (await browser.view()).authenticators;
      const choose = (authenticatorId: string | undefined): Promise<Answer> =>
        browser.post('/step-up/flow/events', { type: 'factor.choose', authenticatorId }, ifMatch);

      refusedWith(await choose('push|dev_none'), 409, 'event_not_allowed');
      const early = await choose(push?.id);
      refusedWith(early, 429, 'rate_limited');
      expect(early.headers['retry-after']).toBe('15');
      await expectUnchanged();
    });

    it('starts no flow without a valid requirement of this user and session', async () => {
      await scene.tenant.enrolPush();
      const bank = await scene.open({ parsesBodies });
      const browser = await bank.browser();
      const requirement = await browser.requirement();
      const foreign = await (await bank.browser()).requirement();
      const start = (body: unknown) => browser.post('/step-up/flow', body);
      const flipped = `${requirement.slice(0, -2)}${requirement.at(-2) === 'A' ? 'B' : 'A'}${requirement.at(-1)}`;

      for (const body of [
        {},
        [],
        { requirement: '' },
        { requirement: 7 },
        { requirement: 'x'.repeat(8_193) },
      ]) {
        refusedWith(await start(body), 400, 'invalid_request');
      }
      for (const forged of ['forged', flipped, foreign]) {
        refusedWith(await start({ requirement: forged }), 400, 'requirement_invalid');
      }
      scene.tenant.clock.advance(600_000);
      refusedWith(await start({ requirement }), 400, 'requirement_expired');
      refusedWith(await browser.send('GET', '/step-up/flow'), 404, 'flow_not_found');
      expect(scene.tenant.challenges()).toBe(0);
      expect(bank.errors).toEqual([]);
    });
  });
}
