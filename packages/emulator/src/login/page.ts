import { html, raw } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import type { EmulatorError } from '../lib/emulator-error.ts';
import { loginStyles } from './login-styles.ts';

/** A piece of HTML whose values are escaped. */
export type Html = ReturnType<typeof html>;

/** A page of the tenant. */
export interface Page {
  readonly title: string;
  readonly body: Html;
  /** Random, for the style sheet and, where it is `scripted`, the script in the page. */
  readonly nonce: string;
  readonly scripted?: boolean;
  readonly status?: number;
}

/** The page as an answer that nobody keeps and no other page can frame. */
export function pageResponse({ title, body, nonce, scripted = false, status = 200 }: Page): Response {
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
    "frame-ancestors 'none'",
    ...(scripted ? [`script-src 'nonce-${nonce}'`] : []),
  ];
  // No promise is among its parts, so it is none itself.
  return new Response(String(page as HtmlEscapedString), {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': policy.join('; '),
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
  });
}

/** An error that cannot be told to a client, for the eyes of the developer. */
export function errorPage(error: EmulatorError, nonce: string): Response {
  const body = html`<h1>This does not work</h1>
<p class="error" role="alert">${error.message}</p>
<p class="note"><code>${error.code}</code></p>`;
  return pageResponse({ title: 'Error', body, nonce, status: error.status });
}
