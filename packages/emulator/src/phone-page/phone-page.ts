import { readFile } from 'node:fs/promises';
import { EmulatorError } from '../emulator-error.ts';
import { phoneStyles } from './phone-styles.ts';

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'";

const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Phone · Stepgate emulator</title>
<link rel="stylesheet" href="/_emulator/assets/phone.css">
<script type="module" src="/_emulator/assets/phone.js"></script>
</head>
<body>
<main class="phone" aria-label="Phone">
<header>
<h1><label for="account">Phone of</label></h1>
<select id="account"></select>
<time id="clock"></time>
</header>
<div id="screen" aria-live="polite"></div>
</main>
</body>
</html>
`;

/** The phone as a page: QR codes to scan, pushes to answer, codes and messages to read. */
export function phonePageResponse(): Response {
  return new Response(HTML, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': CSP,
      'cache-control': 'no-store',
    },
  });
}

/** The page's style sheet and script. */
export async function phoneAssetResponse(name: string): Promise<Response> {
  switch (name) {
    case 'phone.css':
      return asset('text/css; charset=utf-8', phoneStyles);
    case 'phone.js':
      return asset(
        'text/javascript; charset=utf-8',
        await readFile(new URL('../../dist/phone-page/main.js', import.meta.url), 'utf8'),
      );
    default:
      throw new EmulatorError(404, 'not_found', 'There is no such file');
  }
}

function asset(type: string, text: string): Response {
  return new Response(text, { headers: { 'content-type': type, 'cache-control': 'no-store' } });
}
