import type { Page } from 'playwright-core';

/**
 * Opens a still copy of a page without a script in a page that has scripts, since axe needs one. The copy shows what the
 * page shows without a script, and holds nothing that would navigate away from it.
 */
export async function copyPage(page: Page, viewer: Page): Promise<void> {
  const body = (await contentOf(page))
    .replaceAll(/<script\b.*?<\/script>/gs, '')
    .replaceAll(/<meta http-equiv="refresh"[^>]*>/g, '')
    .replaceAll(/<\/?noscript>/g, '');
  await viewer.unrouteAll();
  await viewer.route('**/copy', (route) => route.fulfill({ contentType: 'text/html; charset=utf-8', body }));
  await viewer.goto(new URL('/copy', page.url()).href);
}

/** A page that refreshes itself cannot be read while it does: then it is read again. */
async function contentOf(page: Page): Promise<string> {
  for (;;) {
    try {
      return await page.content();
    } catch (error) {
      if (page.isClosed() || !/navigating|context was destroyed/.test(String(error))) throw error;
      await page.waitForLoadState('domcontentloaded');
    }
  }
}
