import { escapeHtml, type PageTexts } from '@stepgate/web/html';
import { PRIVATE_HEADERS } from '../../request/error-response.ts';

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
  // Keeps the ticket in the address from other sites. CSRF checks on this site may want an Origin that is not null.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
} as const;

/** Where a browser without scripts goes on its own, and after how many seconds. */
export interface Refresh {
  readonly seconds: number;
  readonly url: string;
  /** A link that checks for news at once. */
  readonly isCheck: boolean;
}

/** What a page shows. */
export interface PageContent {
  readonly basePath: string;
  /** The page's texts, and the ones its script uses later. */
  readonly texts: Pick<PageTexts, 'flow'>;
  readonly status?: number;
  readonly title: string;
  /** HTML. */
  readonly card: string;
  /** The script that takes over the page; default the flow's, if there is `data`. */
  readonly script?: 'stepgate-page.js' | 'stepgate-authenticators.js' | 'stepgate-done.js';
  /** Data for that script, which also gets the texts. */
  readonly data?: Readonly<Record<string, string | undefined>>;
  /** The host and port of the site. */
  readonly site: string;
  readonly refresh?: Refresh | undefined;
  /** Whether the form is one of the app's own, whose answer may redirect the browser to another site. */
  readonly isLeaving?: boolean;
}

/** A page that works without scripts. It sends nothing until the user clicks. */
export function pageResponse(content: PageContent): Response {
  const {
    basePath,
    card,
    data,
    isLeaving = false,
    refresh,
    script = data && 'stepgate-page.js',
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
${script ? `<script type="module" src="${base}/assets/${script}"></script>` : ''}
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
  // Browsers apply `form-action` to the redirects of an answer too.
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

/** TypeScript's library does not have it yet. */
type LocaleWithText = Intl.Locale & { readonly getTextInfo?: () => { readonly direction?: 'ltr' | 'rtl' } };

function directionOf(language: string): 'ltr' | 'rtl' {
  return (new Intl.Locale(language) as LocaleWithText).getTextInfo?.().direction ?? 'ltr';
}

/** JSON that cannot end a script element, whatever it holds. */
function scriptJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

function attributes(data: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(data)
    .map(([name, value]) => (value === undefined ? '' : ` data-${name}="${escapeHtml(value)}"`))
    .join('');
}
