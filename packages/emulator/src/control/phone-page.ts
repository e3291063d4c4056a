import { readFile } from 'node:fs/promises';
import type { Hono } from 'hono';
import { renderSVG } from 'uqr';
import { invalidRequest } from '../api/api-request.ts';
import type { ControlBindings } from './control-api.ts';

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const assets: Readonly<Record<string, { readonly file: URL; readonly type: string }>> = {
  'phone.css': { file: fromPackage('assets/phone.css'), type: 'text/css; charset=utf-8' },
  'icon.svg': { file: fromPackage('assets/icon.svg'), type: 'image/svg+xml' },
  'app.js': { file: fromPackage('dist/phone-page/app.js'), type: 'text/javascript; charset=utf-8' },
  'dom.js': { file: fromPackage('dist/phone-page/dom.js'), type: 'text/javascript; charset=utf-8' },
  'render.js': { file: fromPackage('dist/phone-page/render.js'), type: 'text/javascript; charset=utf-8' },
  'control-client.js': {
    file: fromPackage('dist/phone-page/control-client.js'),
    type: 'text/javascript; charset=utf-8',
  },
};

/** Adds the phone page and its assets. They can be linked to from anywhere: they hold no data. */
export function servePhonePage(app: Hono<{ Bindings: ControlBindings }>): void {
  app.get('/phone', async () => {
    const html = await readFile(fromPackage('assets/phone.html'));
    return new Response(html, {
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': contentSecurityPolicy,
        'referrer-policy': 'no-referrer',
      },
    });
  });
  app.get('/assets/:name', async (c, next) => {
    const name = c.req.param('name');
    const asset = Object.hasOwn(assets, name) ? assets[name] : undefined;
    if (asset === undefined) return next();
    return new Response(await readFile(asset.file), { headers: { 'content-type': asset.type } });
  });
  app.get('/qr.svg', (c) => {
    const text = c.req.query('text') ?? '';
    if (text === '' || text.length > 1000) throw invalidRequest('text has 1 to 1000 characters');
    const svg = renderSVG(text, { border: 2, ecc: 'M' });
    return new Response(svg, { headers: { 'content-type': 'image/svg+xml' } });
  });
}

/** A file of this package, from the sources and from the built files alike. */
function fromPackage(path: string): URL {
  return new URL(`../../${path}`, import.meta.url);
}
