import type { Store } from '@stepgate/server';
import { createMemoryStore } from '@stepgate/server';
import { describe, expect, it } from 'vitest';
import { type Answer, call } from '../http.ts';
import { POLL_MS } from '../test-tenant.ts';
import type { Browser } from './bank.ts';
import { openPlainPage, type PlainPage, press } from './plain-page.ts';
import type { Scene } from './scene.ts';

const FIELDS = [
  ['to', 'Grace & "Söhne" <b>'],
  ['note', 'two\r\nlines'],
  ['tag', 'one'],
  ['tag', 'two'],
  ['_csrf', 'a token of the app’s own'],
] as const;
const URLENCODED = 'application/x-www-form-urlencoded';
const MULTIPART = 'multipart/form-data; boundary=limit';

interface Form {
  readonly type: string;
  readonly body: string;
}

const urlencoded: Form = {
  type: URLENCODED,
  body: new URLSearchParams(FIELDS.map(([...field]) => field)).toString(),
};

function multipart(fields: readonly (readonly [string, string])[], file?: string): Form {
  const part = (head: string, content: string): string =>
    `--limit\r\ncontent-disposition: form-data; ${head}\r\n\r\n${content}\r\n`;
  const parts = fields.map(([name, value]) => part(`name="${name}"`, value));
  const files = file === undefined ? [] : [part(`name="scan"; filename="${file}"`, file)];
  return { type: MULTIPART, body: `${[...parts, ...files].join('')}--limit--\r\n` };
}

function post(
  browser: Browser,
  { type, body }: Form,
  { path = '/kept?tab=1', ...headers }: { readonly path?: string; readonly [name: string]: string } = {},
): Promise<Answer> {
  return browser.send('POST', path, {
    headers: { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'content-type': type, ...headers },
    body,
  });
}

/** Routes that keep a refused form post, to be sent again after the approval. */
export function describeReplay(scene: Scene): void {
  /** From the refusal to the approval. */
  async function approve(browser: Browser, refusal: Answer): Promise<PlainPage> {
    expect(refusal.status).toBe(303);
    const page = await openPlainPage(browser, refusal.headers.location ?? '');
    await press(browser, page, 'Send approval request');
    scene.tenant.phone.approve();
    scene.tenant.clock.advance(POLL_MS);
    expect(await browser.view()).toMatchObject({ state: 'approved' });
    return openPlainPage(browser, refusal.headers.location ?? '');
  }

  describe.each([false, true])('replay (parsers in front: %j)', (parsesBodies) => {
    it('offers to send the refused form again, unchanged and only once', async () => {
      await scene.tenant.enrolPush();
      const bank = await scene.open({ parsesBodies });
      const browser = await bank.browser();

      const refusal = await post(browser, urlencoded);
      const page = await approve(browser, refusal);

      expect(page.heading).toBe('Confirmed');
      expect(page.text).toContain('Standing order 9');
      expect(page.refresh).toBeUndefined();
      expect(page.answer.headers['content-security-policy']).toContain("default-src 'none'");
      // The app may redirect to another site, which `form-action` would stop.
      expect(page.answer.headers['content-security-policy']).not.toContain('form-action');
      expect(page.enctype).toBe(URLENCODED);
      expect(page.fieldList).toEqual(FIELDS);
      expect(page.post('Continue')).toEqual({ path: '/kept?tab=1', body: urlencoded.body });
      expect((await post(browser, { type: URLENCODED, body: page.post('Continue').body })).status).toBe(200);
      expect(bank.reached).toEqual(['/kept']);

      const again = await openPlainPage(browser, refusal.headers.location ?? '');
      expect(again.heading).toBe('Confirmed');
      expect(again.fieldList.map(([name]) => name)).not.toContain('to');
    });

    it('keeps multipart fields too, and forms with an empty file input', async () => {
      await scene.tenant.enrolPush();
      const bank = await scene.open({ parsesBodies });
      const browser = await bank.browser();

      const page = await approve(browser, await post(browser, multipart(FIELDS, '')));

      expect(page.enctype).toBe('multipart/form-data');
      expect(page.fieldList).toEqual(FIELDS);
    });

    it('reports that a form with a file or a too large one is not kept, and goes back to it', async () => {
      await scene.tenant.enrolPush();
      const bank = await scene.open({ parsesBodies });
      const browser = await bank.browser();
      const referer = `${bank.url}/orders`;
      const large = 'x'.repeat(66_000);

      for (const [form, sentence] of [
        [multipart(FIELDS, 'scan.pdf'), 'A form with a file cannot be kept here.'],
        [multipart([['note', large]]), 'Your form is too large to be kept here.'],
        [{ type: URLENCODED, body: `note=${large}` }, 'Your form is too large to be kept here.'],
      ] as const) {
        const { headers } = await post(browser, form, { referer });
        expect((await openPlainPage(browser, headers.location ?? '')).text).toContain(sentence);
      }
      const page = await approve(browser, await post(browser, multipart(FIELDS, 'scan.pdf'), { referer }));

      expect(page.fieldList.map(([name]) => name)).not.toContain('to');
      expect(page.link('Continue')).toBe('/orders');
      expect(bank.reached).toEqual([]);
    });
  });

  describe('replay', () => {
    it('lets the form through with its approval even if the store cannot forget it', async () => {
      await scene.tenant.enrolPush();
      const memory = createMemoryStore({ now: () => scene.tenant.clock.now() });
      const store: Store = {
        ...memory,
        delete: (key) =>
          key.includes(':form:') ? Promise.reject(new Error('the store is away')) : memory.delete(key),
      };
      const bank = await scene.open({ gateOptions: { store } });
      const browser = await bank.browser();
      await approve(browser, await post(browser, urlencoded));

      expect((await post(browser, urlencoded)).status).toBe(200);
      expect(bank.reached).toEqual(['/kept']);
    });

    it('keeps only what provably comes from this site', async () => {
      await scene.tenant.enrolPush();
      const bank = await scene.open({ gateOptions: { checkOrigin: false, insecureCookie: true } });
      const browser = await bank.browser();
      await browser.navigate('/transfers');
      const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ');
      const bare = (headers: Record<string, string>): Promise<Answer> =>
        call('POST', `${bank.url}/kept`, {
          headers: { cookie, accept: 'text/html', 'content-type': URLENCODED, ...headers },
          body: urlencoded.body,
        });
      const refusals = [
        await post(browser, urlencoded, { 'sec-fetch-site': 'cross-site' }),
        await post(browser, urlencoded, { 'sec-fetch-site': 'same-site' }),
        await post(browser, urlencoded, { 'sec-fetch-site': 'none' }),
        await bare({}),
        await bare({ origin: 'null' }),
        await bare({ origin: 'https://evil.example' }),
      ];
      const proven = await bare({ origin: bank.url });

      for (const { headers } of refusals) {
        const page = await openPlainPage(browser, headers.location ?? '');
        expect(page.heading).toBe('Confirm it’s you');
        expect(page.answer.text).not.toContain('data-form');
      }
      expect((await approve(browser, proven)).fieldList).toEqual(FIELDS);
    });

    it('keeps nothing on a route that does not ask for it', async () => {
      await scene.tenant.enrolPush();
      const browser = await (await scene.open()).browser();

      const page = await approve(browser, await post(browser, urlencoded, { path: '/transfers' }));

      expect(page.fieldList.map(([name]) => name)).not.toContain('to');
    });

    it('shows a form only on the page of its own ticket, browser and login', async () => {
      await scene.tenant.enrolPush();
      const bank = await scene.open();
      const browser = await bank.browser();
      const first = await post(browser, urlencoded);
      const second = await post(browser, { type: URLENCODED, body: 'to=Mallory' });
      const elsewhere = await bank.browser();
      const location = second.headers.location ?? '';

      expect((await approve(browser, second)).fieldList).toEqual([['to', 'Mallory']]);
      // The newest form replaces the one before.
      const old = await openPlainPage(browser, first.headers.location ?? '');
      expect(old.fieldList.map(([name]) => name)).not.toContain('to');
      expect((await openPlainPage(elsewhere, location)).answer.text).not.toContain('Mallory');
      const session = bank.sessions.get(browser.sessionCookie);
      if (session === undefined) throw new Error('the browser has no session');
      bank.sessions.set(browser.sessionCookie, { ...session, loginId: 'the next login' });
      expect((await openPlainPage(browser, location)).answer.text).not.toContain('Mallory');
    });

    it('shows nothing of a form before the approval, and stores it sealed', async () => {
      await scene.tenant.enrolPush();
      const written: string[] = [];
      const memory = createMemoryStore({ now: () => scene.tenant.clock.now() });
      const store: Store = {
        ...memory,
        write(key, value, options) {
          written.push(JSON.stringify(value));
          return memory.write(key, value, options);
        },
      };
      const browser = await (await scene.open({ gateOptions: { store } })).browser();

      const refusal = await post(browser, { type: URLENCODED, body: 'to=Mallory' });
      const page = await openPlainPage(browser, refusal.headers.location ?? '');
      const waiting = await press(browser, page, 'Send approval request');

      expect(page.answer.text + waiting.answer.text).not.toContain('Mallory');
      expect(written.length).toBeGreaterThan(2);
      expect(written.join()).not.toContain('Mallory');
    });
  });
}
