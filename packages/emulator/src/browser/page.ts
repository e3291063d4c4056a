import { html, raw } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import type { EmulatorError } from '../lib/emulator-error.ts';
import { loginStyles } from './page-styles.ts';

/** A piece of HTML whose values are escaped. */
export type Html = ReturnType<typeof html>;

/** A page of the tenant. */
export interface Page {
  readonly title: string;
  readonly body: Html;
  /** Random, for the style sheet and, where it is `scripted`, the script in the page. */
  readonly nonce: string;
  readonly scripted?: boolean;
  /** The one origin whose pages may frame it. Default: none. */
  readonly framedBy?: string;
  /** Seconds after which the browser asks for the page again. */
  readonly refreshSeconds?: number;
  /** Whether the page cuts itself off from the window that opened it. */
  readonly isSevered?: boolean;
  readonly status?: number;
}

/** The page as a response that is not cached and that no other page can frame, unless it allows one. */
export function pageResponse({ title, body, nonce, status = 200, ...how }: Page): Response {
  const { scripted = false, framedBy, refreshSeconds, isSevered = false } = how;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Stepgate emulator</title>
<link rel="icon" href="/_emulator/assets/icon.svg">
<style nonce="${nonce}">${raw(loginStyles)}</style>
</head>
<body>
<main class="card">
${body}
</main>
</body>
</html>
`;
  // No form-action: browsers apply it to redirects too, and a login ends with one to the client.
  const policy = [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    "img-src 'self'",
    "base-uri 'none'",
    `frame-ancestors ${framedBy ?? "'none'"}`,
    ...(scripted ? [`script-src 'nonce-${nonce}'`] : []),
  ];
  // A template without promises is a string.
  return new Response(String(page as HtmlEscapedString), {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': policy.join('; '),
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      ...(refreshSeconds !== undefined && { refresh: String(refreshSeconds) }),
      ...(isSevered && { 'cross-origin-opener-policy': 'same-origin' }),
    },
  });
}

/** An error that cannot be sent to a client, shown to the developer. */
export function errorPage(error: EmulatorError, nonce: string): Response {
  const body = html`<h1>This does not work</h1>
<p class="error" role="alert">${error.message}</p>
<p class="note"><code>${error.code}</code></p>`;
  return pageResponse({ title: 'Error', body, nonce, status: error.status });
}
