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
  await expectNothingForAxe(page, heading ?? 'a page');
  if (pictures === undefined) return;
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
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

/** What axe would look at in a page: the open dialog, which keeps users from everything else, or all of it. */
interface Sight {
  readonly part: 'stepgate-dialog' | undefined;
  /** The style sheets, by address, or by length where they are part of the page. */
  readonly styles: string;
  /** The elements with their roles and states, in shadow roots too, without texts and times. */
  readonly markup: string;
  /** The elements with everything that can colour them, and their parents. */
  readonly colours: readonly string[];
}

function sightOf(page: Page): Promise<Sight> {
  return page.evaluate(() => {
    const attributesOf = ({ attributes }: Element, wanted: RegExp): string =>
      [...attributes]
        .filter(({ name }) => wanted.test(name))
        .map(({ name, value }) => `${name}=${value}`)
        .join();

    function markupOf(root: Element | ShadowRoot): string {
      const children = [...root.children].map((element) => {
        const inside = element.shadowRoot === null ? '' : markupOf(element.shadowRoot);
        const states = attributesOf(element, /^(aria-|class|open|role|type)/);
        return `<${element.tagName} ${states}>${inside}${markupOf(element)}</>`;
      });
      // A longer list is not another sight.
      return [...new Set(children)].join('');
    }

    function coloursOf(root: Element | ShadowRoot, within: string): string[] {
      return [...root.children].flatMap((element) => {
        const name = `${element.localName} ${attributesOf(element, /^(aria-|class|type)/)}`;
        const inside = element.shadowRoot === null ? [] : coloursOf(element.shadowRoot, name);
        return [`${within} > ${name}`, ...inside, ...coloursOf(element, name)];
      });
    }

    const dialog = document.querySelector('stepgate-dialog');
    const isOpen = dialog?.shadowRoot?.querySelector('dialog[open]') != null;
    const root = isOpen && dialog !== null ? dialog : document.documentElement;
    const styles = [...document.styleSheets].map(({ href, ownerNode }) =>
      href === null ? (ownerNode?.textContent ?? '').length : new URL(href).pathname,
    );
    const all = [root, ...(root.shadowRoot === null ? [] : [root.shadowRoot])];
    return {
      part: isOpen ? 'stepgate-dialog' : undefined,
      styles: styles.join(),
      markup: all.map(markupOf).join(),
      colours: all.flatMap((each) => coloursOf(each, '')),
    };
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

async function expectNothingForAxe(page: Page, what: string): Promise<void> {
  const { part, styles, markup, colours } = await sightOf(page);
  if (!isNew(`${what} ${styles} ${markup}`)) return;
  // The dark scheme changes nothing but colours.
  if (colours.filter((one) => isNew(`dark ${styles} ${one}`)).length > 0) {
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await violationsIn(page, { part, rules: ['color-contrast'] }), `${what}, dark`).toEqual([]);
    await page.emulateMedia({ colorScheme: 'light' });
  }
  expect(await violationsIn(page, { part }), `${what}, light`).toEqual([]);
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
