import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, inject } from 'vitest';
import { violationsIn } from './axe.ts';

/** Where pictures are saved, if anywhere: `STEPGATE_PICTURES=.stepgate-artifacts`. */
const { STEPGATE_PICTURES: pictures } = process.env;

/**
 * Waits for the screen with this heading and checks it in the light and the dark scheme: axe finds nothing wrong, and the
 * focus is where the user goes on, in the heading or the input.
 */
export async function lookAt(
  page: Page,
  name: string,
  heading?: string,
  { isFocused = true } = {},
): Promise<void> {
  if (heading !== undefined) {
    await waitForScreen(page, heading);
    if (isFocused) await expect.poll(() => focused(page)).toMatch(/^(H1|INPUT)$/);
  }
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    await expectNothingForAxe(page, `${heading ?? 'a page'}, ${colorScheme}`, colorScheme);
    await takePictures(page, `${name} ${heading ?? ''} ${colorScheme}`);
  }
}

/** Waits for the screen with this heading. */
export async function waitForScreen(page: Page, heading: string): Promise<void> {
  await page
    .getByRole('heading', { level: 1, name: heading, exact: true })
    .waitFor()
    .catch(async () => {
      const shown = await page.getByRole('heading', { level: 1 }).allTextContents();
      throw new Error(`"${heading}" was never shown; ${page.url()} shows "${shown.join('", "')}"`);
    });
}

/** The name of the element that has the focus, inside shadow roots too. */
export function focused(page: Page): Promise<string | undefined> {
  return page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return element?.tagName;
  });
}

/** The style sheets of a page, by address, or by length where they are part of it. */
function stylesOf(page: Page): Promise<string> {
  return page.evaluate(() =>
    [...document.styleSheets]
      .map(({ href, ownerNode }) =>
        href === null ? (ownerNode?.textContent ?? '').length : new URL(href).pathname,
      )
      .join(),
  );
}

/** The elements of a page with their roles and states, in shadow roots too, without texts and times. */
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
      // A longer list is not another sight.
      return [...new Set(children)].join('');
    }
    return walk(document.documentElement);
  });
}

/** The elements of a page with everything that can colour them, and their parents. */
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

/** Whether no test of this run has checked this yet: axe would only report the same again. */
function isNew(sight: string): boolean {
  const name = createHash('sha256').update(sight).digest('hex');
  try {
    writeFileSync(join(inject('sightsFolder'), name), '', { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function expectNothingForAxe(page: Page, what: string, colorScheme: 'dark' | 'light'): Promise<void> {
  const styles = await stylesOf(page);
  if (!isNew(`${what} ${styles} ${await markupOf(page)}`)) return;
  if (colorScheme === 'dark') {
    const fresh = (await coloursOf(page)).filter((one) => isNew(`dark ${styles} ${one}`));
    if (fresh.length === 0) return;
  }
  // The dark scheme changes nothing but colours.
  const found = await violationsIn(page, colorScheme === 'dark' ? { rules: ['color-contrast'] } : {});
  expect(found, what).toEqual([]);
}

/** Saves pictures of the page, wide and narrow, if they are wanted. */
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
