/**
 * What the built-in pages load, by file name; `scripts/build-assets.mjs` writes the module. Texts rather than files, so
 * that bundled servers and hosts without a file system can serve them.
 */
export const PAGE_ASSETS: Readonly<Record<string, string>>;
