import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { digest } from '../lib/seal.ts';

const ASSETS: Readonly<Record<string, string>> = {
  'stepgate-page.js': 'text/javascript; charset=utf-8',
  'stepgate-authenticators.js': 'text/javascript; charset=utf-8',
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
