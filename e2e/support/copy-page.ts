import type { Page } from 'playwright-core';

/**
 * Opens a still copy of a page that has no script in another one that has, since axe needs a script of its own: as it
 * is shown without script, and with nothing in it that would take it away meanwhile.
 */
export async function copyPage(page: Page, viewer: Page): Promise<void> {
  const body = (await page.content())
    .replaceAll(/<script\b.*?<\/script>/gs, '')
    .replaceAll(/<meta http-equiv="refresh"[^>]*>/g, '')
    .replaceAll(/<\/?noscript>/g, '');
  await viewer.unrouteAll();
  await viewer.route('**/copy', (route) => route.fulfill({ contentType: 'text/html; charset=utf-8', body }));
  await viewer.goto(new URL('/copy', page.url()).href);
}
