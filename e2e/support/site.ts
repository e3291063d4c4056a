import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { onTestFinished } from 'vitest';

/** Where `npm run site:build` leaves the site. */
export const siteFolder = fileURLToPath(new URL('../../site/.vitepress/dist/', import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** Serves the built site, as a host of static files does, until the test has finished. Returns its address. */
export async function serveSite(): Promise<string> {
  if (!existsSync(join(siteFolder, 'index.html'))) {
    throw new Error('The site is not built. Run: npm run site:build');
  }
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site.example');
    const path = join(siteFolder, normalize(decodeURIComponent(pathname)));
    const file = [path, `${path}.html`, join(path, 'index.html')].find(
      (each) => extname(each) !== '' && existsSync(each),
    );
    if (file === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'text/plain; charset=utf-8' });
    response.end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Waits until the page's scripts have taken over its markup: until then, it is read only. */
export async function waitForScripts(page: Page): Promise<void> {
  await page.waitForFunction(() => '__vue_app__' in (document.querySelector('#app') ?? {}));
}
