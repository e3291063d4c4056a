import { mkdirSync, writeFileSync } from 'node:fs';
import { packages } from './packages.mjs';

const entries = packages.flatMap((each) => each.entries);

// One program over all sources, so that a type has its place once and others link to it.
const folder = new URL('.vitepress/cache/api/', import.meta.url);
mkdirSync(folder, { recursive: true });
const up = '../../../..';
writeFileSync(
  new URL('tsconfig.json', folder),
  JSON.stringify({
    extends: `${up}/tsconfig.base.json`,
    compilerOptions: {
      composite: false,
      noEmit: true,
      declaration: false,
      declarationMap: false,
      rewriteRelativeImportExtensions: false,
      allowImportingTsExtensions: true,
      jsx: 'react-jsx',
      lib: ['es2024', 'dom', 'dom.iterable'],
      types: ['node'],
      typeRoots: [`${up}/node_modules/@types`],
      paths: Object.fromEntries(entries.map(({ specifier, source }) => [specifier, [`${up}/${source}`]])),
    },
    files: entries.map(({ source }) => `${up}/${source}`),
    include: [`${up}/packages/*/src/**/*.d.ts`],
  }),
);

export default {
  tsconfig: '.vitepress/cache/api/tsconfig.json',
  entryPointStrategy: 'resolve',
  entryPoints: entries.map(({ source }) => `../${source}`),
  plugin: ['typedoc-plugin-markdown', './typedoc-modules.mjs'],
  out: 'api',
  router: 'module',
  readme: 'none',
  excludeExternals: true,
  excludeInternal: true,
  excludePrivate: true,
  disableSources: true,
  sort: ['source-order'],
  validation: { notExported: false, invalidLink: true, notDocumented: false },
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  propertyMembersFormat: 'table',
  tableColumnSettings: { hideModifiers: true, hideInherited: true, hideOverrides: true, hideSources: true },
  formatWithPrettier: false,
  logLevel: 'Warn',
};
