import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { expect, it, onTestFinished } from 'vitest';
import { violationsIn } from './support/axe.ts';
import { connectBrowser } from './support/desk.ts';
import { takePictures } from './support/look-at.ts';
import { serveSite, siteFolder, waitForScripts } from './support/site.ts';

// Every page of the built site, in one browser: axe finds nothing wrong in the light and the dark scheme, nothing is wider
// than a phone, no script fails, and nothing is requested from other sites. A tab goes from page to page as a reader does,
// by the site's own router, so that it loads axe once.
//
// Pages of the API and of packages have one look, and some are very long: one of each stands for all here, and
// `SITE_PAGES=all` takes every one. The structure of all pages is checked by site/scripts/check-site.mjs.
const TABS = 2;
const isAlike = (path: string): boolean =>
  /^\/(api|packages)\//.test(path) && !['/api/hono', '/packages/redis'].includes(path);

/** These are looked at on pictures, too. */
const PICTURED = ['/', '/guides/quick-start', '/guides/guarding-routes', '/reference/options', '/api/hono'];

interface SitePage {
  readonly path: string;
  readonly title: string;
}

const allPages: readonly SitePage[] = readdirSync(siteFolder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.html') && name !== '404.html')
  .map((name) => ({
    path: `/${name.replace(/(^|\/)index\.html$/, '$1').replace(/\.html$/, '')}`,
    title: /<title>([^<]*)<\/title>/.exec(readFileSync(join(siteFolder, name), 'utf8'))?.[1] ?? '',
  }));

const isWhole = process.env.SITE_PAGES === 'all';
const pages = isWhole ? allPages : allPages.filter(({ path }) => !isAlike(path));

/** Opens a tab on the front page. `faults` fills with errors of scripts and requests to other places. */
async function openTab(context: BrowserContext, site: string) {
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('request', (request) => {
    const isOurs = request.url().startsWith(site) || request.url().startsWith('data:');
    if (!isOurs) faults.push(`requests ${request.url()}`);
  });
  await page.goto(site);
  await waitForScripts(page);
  return { page, faults };
}

async function goTo(page: Page, { path, title }: SitePage): Promise<void> {
  await page.evaluate((to) => {
    history.pushState({}, '', to);
    dispatchEvent(new PopStateEvent('popstate', { state: {} }));
  }, path);
  await page.waitForFunction((expected) => {
    const text = document.createElement('textarea');
    text.innerHTML = expected;
    return document.title === text.value;
  }, title);
}

/** The kinds of elements in the content of a page, by what can colour them. */
function kindsIn(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const nameOf = (element: Element): string =>
      `${element.localName} ${element.getAttribute('class') ?? ''} ${element.getAttribute('style') ?? ''}`;
    return [...document.querySelectorAll('#VPContent *')].map(
      (element) =>
        `${element.parentElement === null ? '' : nameOf(element.parentElement)} > ${nameOf(element)}`,
    );
  });
}

/** Kinds of elements whose contrast axe has looked at. Contrast takes it longer than everything else. */
const seen = new Set<string>();

async function setDark(page: Page, isDark: boolean): Promise<void> {
  await page.emulateMedia({ colorScheme: isDark ? 'dark' : 'light' });
  await page.waitForFunction((dark) => document.documentElement.classList.contains('dark') === dark, isDark);
}

/** What is wrong with the page that a tab shows. `isFirst`: with what all pages have around their content, too. */
async function faultsOf(page: Page, path: string, isFirst: boolean): Promise<readonly string[]> {
  const faults: string[] = [];
  const part = isFirst ? {} : { part: '#VPContent' };
  faults.push(...(await violationsIn(page, { ...part, without: ['color-contrast'] })));
  const kinds = await kindsIn(page);
  const isNew = kinds.some((kind) => !seen.has(kind));
  for (const kind of kinds) seen.add(kind);
  if (isNew) faults.push(...(await violationsIn(page, { ...part, rules: ['color-contrast'] })));
  if (PICTURED.includes(path)) await takePictures(page, `site${path} light`);
  if (isNew || PICTURED.includes(path)) {
    await setDark(page, true);
    faults.push(
      ...(await violationsIn(page, { ...part, rules: ['color-contrast'] })).map((one) => `dark: ${one}`),
    );
    if (PICTURED.includes(path)) await takePictures(page, `site${path} dark`);
    await setDark(page, false);
  }
  await page.setViewportSize({ width: 390, height: 860 });
  const tooWide = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  if (tooWide > 0) faults.push(`${tooWide} pixels wider than a phone`);
  await page.setViewportSize({ width: 1200, height: 900 });
  return faults;
}

it(
  'every page of the site is fit for every reader, and loads nothing from elsewhere',
  async () => {
    expect(pages.length).toBeGreaterThan(30);
    const [site, browser] = await Promise.all([serveSite(), connectBrowser()]);
    const context = await browser.newContext({
      viewport: { width: 1200, height: 900 },
      colorScheme: 'light',
      reducedMotion: 'reduce',
    });
    onTestFinished(() => context.close());

    const waiting = [...pages];
    const found: string[] = [];
    async function walk(): Promise<void> {
      const { page, faults } = await openTab(context, site);
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const { path } = next;
        await goTo(page, next);
        faults.push(...(await faultsOf(page, path, waiting.length === pages.length - 1)));
        found.push(...faults.splice(0).map((fault) => `${path}: ${fault}`));
      }
    }
    await Promise.all(Array.from({ length: TABS }, walk));
    expect(found).toEqual([]);
  },
  isWhole ? 3_600_000 : 600_000,
);
