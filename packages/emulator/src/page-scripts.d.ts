/** The bundled scripts of the emulator's pages by file name; `scripts/build-page-scripts.mjs` writes the module. */
export const pageScripts: Readonly<Record<string, string>>;
