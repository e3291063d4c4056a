import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { escapeHtml, type PageTexts } from '@stepgate/web/html';
import { PRIVATE_HEADERS } from './answer.ts';
import { digest } from './seal.ts';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
];

const PAGE_HEADERS = {
  ...PRIVATE_HEADERS,
  'content-type': 'text/html; charset=utf-8',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // The ticket in the address is no other site's business; this one's CSRF checks may want an Origin that is not null.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
} as const;

/** Where a browser without script goes by itself, and after how many seconds. */
export interface Refresh {
  readonly seconds: number;
  readonly url: string;
  /** Looks whether there is anything new: a link does so at once. */
  readonly isCheck: boolean;
}

/** What stands on a page. */
export interface PageContent {
  readonly basePath: string;
  /** The language of all that stands on it, and what the script says in its turn. */
  readonly texts: Pick<PageTexts, 'flow'>;
  readonly status?: number;
  readonly title: string;
  /** HTML. */
  readonly card: string;
  /** The asset that takes the page over; default the flow's. */
  readonly script?: 'stepgate-page.js' | 'stepgate-devices.js';
  /** For the script that takes the page over; without any of it the page stays as it is. */
  readonly data?: Readonly<Record<string, string | undefined>>;
  /** Whose page it is: host and port. */
  readonly site: string;
  readonly refresh?: Refresh | undefined;
  /** Whether its form is one of the app's own, whose answer may send the browser to another site. */
  readonly isLeaving?: boolean;
}

/** A page that works without a script. It sends nothing by itself: whatever it sends takes the user's click. */
export function pageResponse(content: PageContent): Response {
  const {
    basePath,
    card,
    data,
    isLeaving = false,
    refresh,
    script = 'stepgate-page.js',
    site,
    status = 200,
    texts,
    title,
  } = content;
  const base = escapeHtml(basePath);
  const url = escapeHtml(refresh?.url ?? '');
  const { checkAgain, language } = texts.flow;
  const html = `<!doctype html>
<html lang="${escapeHtml(language)}" dir="${directionOf(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="${base}/assets/stepgate-page.css">
${data ? `<script type="module" src="${base}/assets/${script}"></script>` : ''}
${refresh ? `<noscript><meta http-equiv="refresh" content="${refresh.seconds}; url=${url}"></noscript>` : ''}
</head>
<body>
<main id="stepgate"${attributes(data ?? {})}>
<div id="card">${card}</div>
<p class="site">${escapeHtml(site)}</p>
${refresh?.isCheck ? `<noscript><p class="site"><a href="${url}">${escapeHtml(checkAgain)}</a></p></noscript>` : ''}
</main>
${data ? `<script type="application/json" id="texts">${scriptJson(texts)}</script>` : ''}
</body>
</html>
`;
  // Browsers hold `form-action` against the redirects of an answer too.
  const policy = isLeaving ? POLICY : [...POLICY, "form-action 'self'"];
  return new Response(html, {
    status,
    headers: {
      ...PAGE_HEADERS,
      'content-language': language,
      vary: 'Accept-Language',
      'content-security-policy': policy.join('; '),
    },
  });
}

/** TypeScript's library does not know it yet. */
type LocaleWithText = Intl.Locale & { readonly getTextInfo?: () => { readonly direction?: 'ltr' | 'rtl' } };

function directionOf(language: string): 'ltr' | 'rtl' {
  return (new Intl.Locale(language) as LocaleWithText).getTextInfo?.().direction ?? 'ltr';
}

/** JSON that ends no script element, whatever is in it. */
function scriptJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

function attributes(data: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(data)
    .map(([name, value]) => (value === undefined ? '' : ` data-${name}="${escapeHtml(value)}"`))
    .join('');
}

const ASSETS: Readonly<Record<string, string>> = {
  'stepgate-page.js': 'text/javascript; charset=utf-8',
  'stepgate-devices.js': 'text/javascript; charset=utf-8',
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
