import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { PRIVATE_HEADERS } from './answer.ts';
import type { Requirement } from './requirement.ts';
import { digest } from './seal.ts';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE_HEADERS = {
  ...PRIVATE_HEADERS,
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // The ticket in the address is nobody else's business.
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
} as const;

/** The built-in page. It sends nothing by itself: a flow starts with the user's click. */
export function pageResponse(options: {
  readonly basePath: string;
  readonly ticket: string | undefined;
  readonly requirement: Requirement | undefined;
}): Response {
  const { basePath, ticket, requirement } = options;
  const { action } = requirement?.policy ?? {};
  const data = {
    'data-base-path': basePath,
    'data-requirement': ticket,
    'data-return-to': requirement?.returnTo,
    'data-action': action && JSON.stringify({ title: action.title ?? action.id, details: action.details }),
  };
  const attributes = Object.entries(data)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .map(([name, value]) => ` ${name}="${escapeHtml(value)}"`)
    .join('');
  const base = escapeHtml(basePath);
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Confirm it’s you</title>
<link rel="stylesheet" href="${base}/assets/stepgate-page.css">
<script type="module" src="${base}/assets/stepgate-page.js"></script>
</head>
<body>
<main id="stepgate"${attributes}><noscript>This page needs JavaScript to ask your phone for an approval.</noscript></main>
</body>
</html>
`;
  return new Response(html, { headers: PAGE_HEADERS });
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const ASSETS: Readonly<Record<string, string>> = {
  'stepgate-page.js': 'text/javascript; charset=utf-8',
  'stepgate-page.css': 'text/css; charset=utf-8',
  'stepgate.js': 'text/javascript; charset=utf-8',
};

interface Asset {
  readonly content: Uint8Array<ArrayBuffer>;
  readonly etag: string;
}

const loaded = new Map<string, Promise<Asset>>();

/**
 * One of the web package's built assets: those of the page, and `stepgate.js`, the package itself as one module for
 * pages without a bundler. `undefined` when there is none of that name.
 */
export async function assetResponse(name: string, known: string | undefined): Promise<Response | undefined> {
  const type = Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined;
  if (type === undefined) return undefined;
  const { content, etag } = await (loaded.get(name) ?? loadAsset(name));
  const headers = {
    'content-type': type,
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    etag,
  };
  return known === etag ? new Response(null, { status: 304, headers }) : new Response(content, { headers });
}

function loadAsset(name: string): Promise<Asset> {
  const asset = readAsset(name);
  loaded.set(name, asset);
  // A file that could not be read now may be readable the next time.
  asset.catch(() => loaded.delete(name));
  return asset;
}

async function readAsset(name: string): Promise<Asset> {
  const file = await readFile(fileURLToPath(import.meta.resolve(`@stepgate/web/page/${name}`)));
  return { content: new Uint8Array(file), etag: `"${digest(file).slice(0, 16)}"` };
}
