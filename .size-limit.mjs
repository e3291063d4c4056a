/** Bundles what is named as an ES module, as apps do. A classic script would hold the bundler's own `require` helpers. */
const asModule = (config) => ({ ...config, format: 'esm' });

export default [
  {
    name: 'core: local actor and MFA API client, with XState and ky',
    path: 'packages/core/dist/index.js',
    import: '{ createStepUpActor, createAuth0MfaApi }',
    // The machine knows all ways, the code that the phone shows and the provider's page, wherever it runs.
    limit: '38 kB',
    gzip: true,
    modifyEsbuildConfig: asModule,
  },
  {
    name: 'web: remote actor and stepUpFetch, without the dialog',
    path: 'packages/web/dist/index.js',
    import: '{ createRemoteStepUp, stepUpFetch }',
    limit: '5 kB',
    gzip: true,
    ignore: ['../dialog/stepgate-dialog.js'],
    modifyEsbuildConfig: asModule,
  },
  {
    name: 'web: the dialog on top, with QR code and English',
    path: 'packages/web/dist/dialog.js',
    // With the way to the provider's page and back, and approvals for another login.
    limit: '19 kB',
    gzip: true,
    ignore: ['./texts-fr.js'],
    modifyEsbuildConfig: asModule,
  },
  {
    name: 'web: French and Canadian French, where the dialog speaks them',
    path: 'packages/web/dist/texts/texts-fr.js',
    limit: '4.5 kB',
    gzip: true,
    modifyEsbuildConfig: asModule,
  },
  {
    name: "web: the built-in page's script, whose texts are in the page",
    path: 'packages/web/dist/page/stepgate-page.js',
    // It leads to the provider's page, too.
    limit: '16 kB',
    gzip: true,
  },
  {
    name: "web: the script of the page of the user's authenticators, with the dialog",
    path: 'packages/web/dist/page/stepgate-authenticators.js',
    limit: '22.5 kB',
    gzip: true,
    // Never loaded: the page has a dialog of its own, with the page's texts.
    ignore: ['../dialog/stepgate-dialog.js'],
  },
];
