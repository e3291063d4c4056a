import { describe, expect, it } from 'vitest';
import { createRedirectScene, NAVIGATION, type RedirectScene } from '../support/redirect-scene.ts';

interface Page {
  readonly status: number;
  readonly location: string;
  readonly html: string;
}

/** A browser without scripts: it loads pages, presses buttons, and follows the redirects of this site. */
function createReader({ gate, client, tenant }: RedirectScene) {
  async function load(method: 'GET' | 'POST', path: string, fields?: Record<string, string>): Promise<Page> {
    const headers: Record<string, string> = {
      cookie: `stepgate=${client.handle}`,
      'sec-fetch-site': 'same-origin',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
      accept: 'text/html',
      ...(fields && { 'content-type': 'application/x-www-form-urlencoded' }),
    };
    const native = { identity: { subject: tenant.ada.subject, sessionId: 's' } };
    const request = {
      ...client.hostRequest(method, path, native),
      header: (name: string) => headers[name],
    };
    const body = fields && new URLSearchParams(fields);
    const response = await gate.endpoints(
      request,
      () => new Request('http://localhost/', body ? { method: 'POST', body } : {}),
    );
    if (response === undefined) throw new Error(`nothing at ${path}`);
    const location = response.headers.get('location') ?? '';
    return { status: response.status, location, html: await response.text() };
  }

  /** Presses a button, by its text, with the hidden fields of the page. */
  async function press({ html }: Page, label: string): Promise<Page> {
    const button = [...html.matchAll(/<button([^>]*)>([^<]*(?:<(?!\/button)[^>]*>[^<]*)*)<\/button>/g)].find(
      ([, , text]) => text?.includes(label),
    );
    if (button === undefined) throw new Error(`no button ${label} in ${html}`);
    const attribute = (text: string, name: string) =>
      unescaped(new RegExp(` ${name}="([^"]*)"`).exec(text)?.[1] ?? '');
    const hidden = [...html.matchAll(/<input([^>]*type="hidden"[^>]*)>/g)].map(([, text = '']) => [
      attribute(text, 'name'),
      attribute(text, 'value'),
    ]);
    const own = button[1] ?? '';
    const name = attribute(own, 'name');
    const action = attribute(own, 'formaction') || attribute(/<form([^>]*)>/.exec(html)?.[1] ?? '', 'action');
    return load('POST', action, {
      ...Object.fromEntries(hidden),
      ...(name !== '' && { [name]: attribute(own, 'value') }),
    });
  }

  return { load, press };
}

const unescaped = (text: string): string =>
  text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
const refreshOf = ({ html }: Page): string =>
  unescaped(/<meta http-equiv="refresh" content="0; url=([^"]+)">/.exec(html)?.[1] ?? '');

describe('the page without scripts', () => {
  it('takes one click to the provider’s page, and shows the approval afterwards', async () => {
    const scene = createRedirectScene();
    const { client, comeBack, tenant } = scene;
    const { load, press } = createReader(scene);
    const requirement = await client.requirement();

    const ready = await load('GET', `/step-up?requirement=${encodeURIComponent(requirement)}`);
    const posted = await press(ready, 'Go to the sign-in page');
    expect(posted.status).toBe(303);
    expect(posted.location).toMatch(/[?&]leave=\d+$/);
    const leaving = await load('GET', posted.location);
    const address = refreshOf(leaving);
    expect(new URL(address).origin).toBe('https://tenant.test');
    const { url } = await tenant.emulator.completeLogin(address);
    const back = await comeBack(new URL(url).pathname + new URL(url).search);
    const end = await load('GET', back.headers.get('location') ?? '');

    expect(end.html).toContain('data-state="approved"');
    expect(await client.isAllowed()).toBe(true);
  });

  it('shows its buttons to a user who comes back by other means, and sends nobody away', async () => {
    const scene = createRedirectScene();
    const { client } = scene;
    const { load, press } = createReader(scene);
    const requirement = encodeURIComponent(await client.requirement());
    const posted = await press(
      await load('GET', `/step-up?requirement=${requirement}`),
      'Go to the sign-in page',
    );

    const page = await load('GET', `/step-up?requirement=${requirement}`);
    expect(refreshOf(page)).toBe('');
    expect(page.html).toContain('Go to the sign-in page');
    // A second departure has another version, so the page of the first one is a page with buttons, too.
    const again = await press(page, 'Go to the sign-in page');
    expect(again.location).not.toBe(posted.location);
    expect(refreshOf(await load('GET', posted.location))).toBe('');
    expect(refreshOf(await load('GET', again.location))).not.toBe('');
  });

  it('lets the user cancel while the provider’s page is open', async () => {
    const scene = createRedirectScene();
    const { client, visit, comeBack } = scene;
    const { load, press } = createReader(scene);
    const requirement = encodeURIComponent(await client.requirement());
    await press(await load('GET', `/step-up?requirement=${requirement}`), 'Go to the sign-in page');
    const path = await visit(await client.view());
    await press(await load('GET', `/step-up?requirement=${requirement}`), 'Cancel');

    expect((await comeBack(path)).status).toBe(400);
    expect(await client.isAllowed()).toBe(false);
  });

  it('says what happened on the provider’s page', async () => {
    const scene = createRedirectScene();
    const { client, visit, comeBack } = scene;
    const { load, press } = createReader(scene);
    const requirement = encodeURIComponent(await client.requirement());
    await press(await load('GET', `/step-up?requirement=${requirement}`), 'Go to the sign-in page');
    const back = await comeBack(await visit(await client.view(), { decision: 'cancel' }));
    const page = await load('GET', back.headers.get('location') ?? '');

    expect(page.html).toContain('You did not confirm on the sign-in page.');
    expect(page.html).toContain('Go to the sign-in page');
    const [card] = page.html.split('<script type="application/json"');
    expect(card).not.toContain('on your phone');
  });

  it('speaks French', async () => {
    const scene = createRedirectScene({ gate: { language: () => 'fr' } });
    const { comeBack } = scene;
    const { text } = await comeBack('/step-up/callback?code=c&state=s', scene.client, NAVIGATION);
    expect(text).toContain('Ce navigateur n’attend pas ce retour.');
    const { disclosure } = await scene.depart();
    expect(new URL(disclosure?.authorizationUrl ?? '').searchParams.get('ui_locales')).toBe('fr');
  });
});
