import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { violationsIn } from './axe.ts';

/** Where pictures go, when somebody wants them: `STEPGATE_PICTURES=.stepgate-artifacts`. */
const { STEPGATE_PICTURES: pictures } = process.env;

/**
 * Waits for the screen with this heading and looks it over, as it is shown by day and by night: nothing for axe to
 * object to, and the focus is where a reader goes on, in the heading or the input.
 */
export async function lookAt(
  page: Page,
  name: string,
  heading?: string,
  { isFocused = true } = {},
): Promise<void> {
  if (heading !== undefined) {
    await page
      .getByRole('heading', { level: 1, name: heading, exact: true })
      .waitFor()
      .catch(async () => {
        const shown = await page.getByRole('heading', { level: 1 }).allTextContents();
        throw new Error(`"${heading}" never came up; shown at ${page.url()} is "${shown.join('", "')}"`);
      });
    if (isFocused) await expect.poll(() => focused(page)).toMatch(/^(H1|INPUT)$/);
  }
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    await expectNothingForAxe(page, `${heading ?? 'a page'}, ${colorScheme}`, colorScheme);
    await takePictures(page, `${name} ${heading ?? ''} ${colorScheme}`);
  }
}

/** The element with the focus, in whatever shadow it is. */
export function focused(page: Page): Promise<string | undefined> {
  return page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return element?.tagName;
  });
}

/** The elements of a page with what they are and in which state, in shadows too; texts and times are left out. */
function markupOf(page: Page): Promise<string> {
  return page.evaluate(() => {
    function walk(root: Element | ShadowRoot): string {
      const children = [...root.children].map((element) => {
        const states = [...element.attributes].filter(({ name }) =>
          /^(aria-|class|open|role|type)/.test(name),
        );
        const inside = element.shadowRoot === null ? '' : walk(element.shadowRoot);
        return `<${element.tagName} ${states.map(({ name, value }) => `${name}=${value}`).join()}>${inside}${walk(element)}</>`;
      });
      // A longer list is no other sight.
      return [...new Set(children)].join('');
    }
    return walk(document.documentElement);
  });
}

/** The elements of a page with all that colours them, and what they stand in. */
function coloursOf(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const nameOf = ({ localName, attributes }: Element): string =>
      [
        localName,
        ...[...attributes]
          .filter(({ name }) => /^(aria-|class|type)/.test(name))
          .map(({ name, value }) => `${name}=${value}`),
      ].join(' ');
    function walk(root: Element | ShadowRoot, within: string): string[] {
      return [...root.children].flatMap((element) => {
        const name = nameOf(element);
        const inside = element.shadowRoot === null ? [] : walk(element.shadowRoot, name);
        return [`${within} > ${name}`, ...inside, ...walk(element, name)];
      });
    }
    return walk(document.documentElement, '');
  });
}

/** What axe has seen already, of which it would say the same again. */
const seen = new Set<string>();
const seenByNight = new Set<string>();

async function expectNothingForAxe(page: Page, what: string, colorScheme: 'dark' | 'light'): Promise<void> {
  const sight = `${what} ${await markupOf(page)}`;
  if (seen.has(sight)) return;
  seen.add(sight);
  if (colorScheme === 'dark') {
    const fresh = (await coloursOf(page)).filter((one) => !seenByNight.has(one));
    if (fresh.length === 0) return;
    for (const one of fresh) seenByNight.add(one);
  }
  // By night only the colours are others.
  const found = await violationsIn(page, colorScheme === 'dark' ? { rules: ['color-contrast'] } : {});
  expect(found, what).toEqual([]);
}

/** Pictures of the page as it is, wide and narrow, when somebody wants them. */
export async function takePictures(page: Page, name: string): Promise<void> {
  if (pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  const file = name.trim().replace(/\W+/g, '-').toLowerCase();
  const size = page.viewportSize();
  for (const [width, suffix] of [
    [1100, 'wide'],
    [390, 'narrow'],
  ] as const) {
    await page.setViewportSize({ width, height: 860 });
    await page.screenshot({ path: join(pictures, `${file}-${suffix}.png`) });
  }
  if (size !== null) await page.setViewportSize(size);
}
