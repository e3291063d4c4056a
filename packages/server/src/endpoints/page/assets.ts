import { digest } from '../../lib/seal.ts';

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
};

interface Asset {
  readonly content: string;
  readonly type: string;
  readonly etag: string;
}

let loading: Promise<ReadonlyMap<string, Asset>> | undefined;

/**
 * One of the web package's built assets: those of the page, and `stepgate.js`, the whole package as one module for
 * pages without a bundler. `undefined` for an unknown name.
 */
export async function assetResponse(name: string, known: string | undefined): Promise<Response | undefined> {
  loading ??= loadAssets();
  const asset = (await loading).get(name);
  if (asset === undefined) return undefined;
  const { content, type, etag } = asset;
  const headers = {
    'content-type': type,
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    etag,
  };
  return known === etag ? new Response(null, { status: 304, headers }) : new Response(content, { headers });
}

/** Loaded when the first page asks for it, so a server that only answers scripts does not hold it in memory. */
async function loadAssets(): Promise<ReadonlyMap<string, Asset>> {
  const { PAGE_ASSETS } = await import('@stepgate/web/assets');
  return new Map(
    Object.entries(PAGE_ASSETS).map(([name, content]) => [name, { content, ...describe(name, content) }]),
  );
}

function describe(name: string, content: string): Pick<Asset, 'type' | 'etag'> {
  const type = TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'text/plain; charset=utf-8';
  return { type, etag: `"${digest(content).slice(0, 16)}"` };
}
