import { pageTexts } from '@stepgate/web/html';
import type { BrowserContext, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { connectBrowser } from './support/desk.ts';
import { moments } from './support/flow-views.ts';
import { lookAt, takePictures } from './support/look-at.ts';
import { createScriptedApp, type ScriptedApp, setHidden } from './support/scripted-app.ts';

/** A page in this language and direction, with a button that pays. */
const pageIn = (attributes: string, dialog = '', onLoad = ''): string => `<!doctype html>
<html ${attributes}>
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>An app</title>
<style>body { font: 1rem sans-serif; color-scheme: light dark }</style>
<main><button id="pay">Pay</button> <span role="status"></span></main>
${dialog}
<script type="module">
import { stepUpFetch } from '/stepgate.js';
const status = document.querySelector('[role=status]');
pay.addEventListener('click', () => stepUpFetch('/payments', { method: 'POST' })
  .then(() => { status.textContent = 'paid' }, (error) => { status.textContent = error.name }));
${onLoad}
</script>
</html>`;

const logo = `<stepgate-dialog><svg slot="logo" role="img" aria-label="Example Bank" viewBox="0 0 160 40" height="40">
<rect width="40" height="40" rx="8" fill="#2447c6"/><rect x="52" y="12" width="108" height="16" rx="4" fill="#868e9c"/></svg>
<dl slot="details"><dt>To</dt><dd>Grace Hopper</dd></dl></stepgate-dialog>`;

interface Stage {
  readonly app: ScriptedApp;
  readonly context: BrowserContext;
  readonly page: Page;
}

const payment = {
  title: 'Pay 12,480.50 EUR to Grace Hopper',
  details: 'Account DE02 1203 0000 0000 2020 51',
};

async function openPage(path: string, action = payment): Promise<Stage> {
  const browser = await connectBrowser();
  const context = await browser.newContext({
    reducedMotion: 'reduce',
    viewport: { width: 1100, height: 860 },
  });
  const app = await createScriptedApp(context, {
    guarded: '/payments',
    action,
    files: {
      '/': pageIn('lang="en"'),
      '/fr': pageIn('lang="fr-CA"', logo),
      '/rtl': pageIn('lang="ar" dir="rtl"', logo),
      '/calls-on-load': pageIn('lang="en"', '', 'pay.click();'),
      '/stepgate.js': new URL('../packages/web/dist/page/stepgate.js', import.meta.url),
    },
  });
  const page = await context.newPage();
  await app.goTo(page, path);
  await page.waitForFunction(() => customElements.get('stepgate-dialog') !== undefined);
  return { app, context, page };
}

/** Opens the page and presses its button. */
async function openStage(path: string, action = payment): Promise<Stage> {
  const { app, context, page } = await openPage(path, action);
  expect(await page.getByText('Grace Hopper').isVisible(), 'what is for the slots').toBe(false);
  const asked = app.show({ state: 'authenticating' });
  await page.getByRole('button', { name: 'Pay' }).click();
  await asked;
  await page.getByRole('dialog').waitFor();
  return { app, context, page };
}

/** Presses Tab until the control with this name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  const target = page.getByRole('button', { name });
  for (let presses = 0; presses < 15; presses += 1) {
    if (await target.evaluate((element) => element.matches(':focus'))) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not reach "${name}"`);
}

const statusOf = (page: Page): Promise<string | null> => page.getByRole('status').first().textContent();

interface Sight {
  readonly heading: string;
  readonly language: string;
  /** By how many pixels something is wider than its space. */
  readonly overflow: number;
}

/** What the dialog shows at the next frame. */
function sightOf(page: Page): Promise<Sight> {
  return page.evaluate(async () => {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const root = document.querySelector('stepgate-dialog')?.shadowRoot;
    const all = [document.documentElement, ...(root?.querySelectorAll('dialog, .card, .card *') ?? [])];
    const isClipped = (one: Element): boolean => one.matches('.visually-hidden, svg, svg *');
    return {
      heading: root?.querySelector('h1')?.textContent ?? '',
      language: root?.querySelector('section')?.lang ?? '',
      overflow: Math.max(
        ...all.map((one) =>
          isClipped(one) || one.clientWidth === 0 ? 0 : one.scrollWidth - one.clientWidth,
        ),
      ),
    };
  });
}

/** The letters of the elements in their order on the screen, line by line. */
function asSeen(page: Page, selector: string): Promise<readonly string[]> {
  return page.evaluate((wanted) => {
    const range = document.createRange();
    return [...(document.querySelector('stepgate-dialog')?.shadowRoot?.querySelectorAll(wanted) ?? [])].map(
      (element) => {
        const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
        const letters: { letter: string; x: number; y: number }[] = [];
        while (walker.nextNode()) {
          const { data } = walker.currentNode as Text;
          for (let at = 0; at < data.length; at += 1) {
            range.setStart(walker.currentNode, at);
            range.setEnd(walker.currentNode, at + 1);
            const { x, y, width } = range.getBoundingClientRect();
            if (width > 0) letters.push({ letter: data[at] ?? '', x, y: Math.round(y) });
          }
        }
        return letters
          .sort((one, other) => one.y - other.y || one.x - other.x)
          .map(({ letter }) => letter)
          .join('');
      },
    );
  }, selector);
}

describe('the dialog', () => {
  it('shows titles, details and names in the order in which they are written', async () => {
    const action = { title: 'Pay \u202e12 EUR\u202c to \u2067Grace\u2069', details: '\u202eAccount 4711' };
    const { app, page } = await openStage('/', action);
    const moment = moments['a push']();
    const authenticators = moment.authenticators.map((one) => ({ ...one, name: '\u202eAda’s\u202c Pixel' }));
    await app.show({ ...moment, authenticators });
    await page.getByRole('heading', { name: 'Check your phone' }).waitFor();

    expect(await asSeen(page, '.title, .details, .device')).toEqual([
      'Pay 12\u00a0EUR to Grace',
      'Account 4711',
      'Sent to Ada’s Pixel',
    ]);
  });

  it('passes axe in every state, in the light and the dark scheme', async () => {
    const { app, page } = await openStage('/');
    for (const [name, moment] of Object.entries(moments)) {
      await app.show(moment());
      const { heading } = await sightOf(page);
      await lookAt(page, `dialog ${name}`, heading);
    }
    app.approve();
    void app.show({ state: 'approved' });
    await expect.poll(() => statusOf(page)).toBe('paid');
  });

  it('asks for a click first when the page makes the call while it loads', async () => {
    const { app, page } = await openPage('/calls-on-load');
    await lookAt(page, 'dialog on load', 'Confirm it’s you');
    expect(app.requests).toEqual([]);

    void app.show({ state: 'authenticating' });
    await page.getByRole('button', { name: 'Send approval request' }).click();
    await page.getByRole('heading', { name: 'One moment' }).waitFor();
    expect(app.requests).toEqual([{ type: 'flow.start' }]);
  });

  it.each([
    ['in French', '/fr', 'fr-CA'],
    ['from right to left', '/rtl', 'en'],
  ])('needs no scrolling sideways at 320 pixels in any state, %s', async (_how, path, language) => {
    const { app, page } = await openStage(path);
    await page.setViewportSize({ width: 320, height: 640 });
    const english = Object.values(pageTexts.en?.flow.states ?? {}).map(({ heading }) => heading);
    for (const [name, moment] of Object.entries(moments)) {
      await app.show(moment());
      const sight = await sightOf(page);
      expect(sight, name).toMatchObject({ overflow: 0, language });
      if (language !== 'en') expect(english).not.toContain(sight.heading);
      await takePictures(page, `small${path} ${name}`);
    }
  });

  it('works by keyboard alone, and a cancel returns the focus', async () => {
    const { app, page } = await openStage('/');
    await app.show(moments['a push']());
    await tabTo(page, 'Try another way');
    await page.keyboard.press('Enter');
    expect((await sightOf(page)).heading).toBe('Try another way');
    await tabTo(page, 'Code from an authenticator app');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => app.requests.at(-1))
      .toEqual({ type: 'factor.choose', authenticatorId: 'totp|1' });
    await app.show(moments['a code from an app']());
    await sightOf(page);
    await page.keyboard.type('123 456');
    await page.keyboard.press('Enter');
    await expect.poll(() => app.requests.at(-1)).toEqual({ type: 'code.submit', code: '123456' });
    await app.show(moments['a wrong code']());
    await tabTo(page, 'Cancel');
    await page.keyboard.press('Enter');

    await expect.poll(() => statusOf(page)).toBe('StepUpCancelled');
    await expect.poll(() => app.requests.at(-1)).toEqual({ type: 'flow.cancel' });
    const pay = page.getByRole('button', { name: 'Pay' });
    expect(await pay.evaluate((one) => one.matches(':focus'))).toBe(true);
    expect(app.calls()).toBe(1);
  });

  it('sends no requests while its tab is hidden, and catches up when it is shown', async () => {
    const { app, page } = await openStage('/');
    await app.show(moments['a push']());
    await setHidden(page, true);
    const before = app.reads();
    void app.show(moments['a denial']());
    await page.waitForTimeout(300);
    expect(app.reads()).toBe(before);
    expect((await sightOf(page)).heading).toBe('Check your phone');

    await setHidden(page, false);
    await page.getByRole('heading', { name: 'Request denied' }).waitFor();
  });

  it('says that the network is gone, and continues when it is back, also after a reload', async () => {
    const { app, page } = await openStage('/');
    await app.show(moments['a push']());
    await app.setOffline(true);
    const lost = page.getByText('Connection lost. Trying again…').first();
    await lost.waitFor();
    await lookAt(page, 'dialog offline', 'Check your phone');
    await page.setViewportSize({ width: 390, height: 400 });
    const { y, height } = (await lost.boundingBox()) ?? { y: Number.NaN, height: 0 };
    expect(y + height, 'where the card is taller than the window').toBeLessThan(400);
    const asked = app.show(moments['a denial']());
    await app.setOffline(false);
    await asked;
    await page.getByRole('heading', { name: 'Request denied' }).waitFor();

    await page.reload();
    await page.getByRole('button', { name: 'Pay' }).click();
    await page.getByRole('heading', { name: 'Request denied' }).waitFor();
    app.approve();
    void app.show({ state: 'approved' });
    await expect.poll(() => statusOf(page)).toBe('paid');
  });

  it('says that another flow is in progress, and replaces it', async () => {
    const { app, page } = await openStage('/');
    void app.show({ state: 'cancelled' });
    await expect.poll(() => statusOf(page)).toBe('StepUpCancelled');
    app.refuseStarts('flow_in_progress');
    await page.getByRole('button', { name: 'Pay' }).click();
    await lookAt(page, 'dialog other', 'Confirm it’s you');
    await page.getByRole('button', { name: 'Cancel the other and continue' }).click();
    await expect
      .poll(() => app.requests.slice(-2).map(({ type }) => type))
      .toEqual(['flow.cancel', 'flow.start']);
  });
});
