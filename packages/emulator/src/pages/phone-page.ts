import { renderSVG } from 'uqr';
import { EmulatorError, invalidRequest } from '../lib/emulator-error.ts';
import { phoneStyles } from '../phone-page/phone-styles.ts';
import { deskStyles } from './desk-styles.ts';

/** What the emulator's pages may do: nothing from elsewhere, no inline code. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  // Pages of this machine may show the phone beside their own screens.
  'frame-ancestors http://127.0.0.1:* http://localhost:*',
].join('; ');

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Phone · Stepgate emulator</title>
<link rel="icon" href="/_emulator/assets/icon.svg">
<link rel="stylesheet" href="/_emulator/assets/phone.css">
<script type="module" src="/_emulator/assets/phone.js"></script>
</head>
<body>
<main class="phone">
<header>
<h1><label for="account">Phone of</label></h1>
<select id="account"></select>
<time id="clock"></time>
</header>
<div id="screen" tabindex="0" role="region" aria-label="Screen"></div>
<p id="announcer" role="status" aria-live="polite"></p>
<noscript><p class="empty">The phone needs JavaScript. Tests can use the control API instead.</p></noscript>
</main>
</body>
</html>
`;

const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#2447c6"/><path d="M16 5l9 3.5v7c0 5.5-3.7 9.6-9 11.5-5.3-1.900-9-6-9-11.5v-7z" fill="#fff"/><path d="M11.5 16l3.200 3.200 6-6.200" fill="none" stroke="#2447c6" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"/></svg>`;

/** The phone as a page: QR codes to scan, pushes to answer, codes and messages to read. */
export function phonePageResponse(): Response {
  return new Response(html, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': contentSecurityPolicy,
      'referrer-policy': 'no-referrer',
    },
  });
}

/** The page's style sheet, icon and script; 404 for any other name. */
export async function phoneAssetResponse(name: string): Promise<Response> {
  if (name === 'phone.css') return asset('text/css; charset=utf-8', phoneStyles);
  if (name === 'desk.css') return asset('text/css; charset=utf-8', deskStyles);
  if (name === 'icon.svg') return asset('image/svg+xml', icon);
  const { pageScripts } = await import('#page-scripts');
  const script = Object.hasOwn(pageScripts, name) ? pageScripts[name] : undefined;
  if (script === undefined) throw new EmulatorError(404, 'not_found', `There is no file ${name}`);
  return asset('text/javascript; charset=utf-8', script);
}

/** A text as a QR code. */
export function qrCodeResponse(text = ''): Response {
  if (text === '' || text.length > 1000) throw invalidRequest('text has 1 to 1000 characters');
  return asset('image/svg+xml', renderSVG(text, { border: 2, ecc: 'L' }));
}

function asset(type: string, text: string): Response {
  return new Response(text, { headers: { 'content-type': type } });
}
