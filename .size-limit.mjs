/** Bundles what is named as an ES module, as apps do. A classic script would hold the bundler's own `require` helpers. */
const asModule = (config) => ({ ...config, format: 'esm' });

export default [
  {
    name: 'core: local actor and MFA API client, with XState and ky',
    path: 'packages/core/dist/index.js',
    import: '{ createStepUpActor, createAuth0MfaApi }',
    limit: '33.2 kB',
    gzip: true,
    modifyEsbuildConfig: asModule,
  },
  {
    name: 'web: remote actor and stepUpFetch, without the dialog',
    path: 'packages/web/dist/index.js',
    import: '{ createRemoteStepUp, stepUpFetch }',
    limit: '4096 B',
    gzip: true,
    ignore: ['./dialog.js'],
    modifyEsbuildConfig: asModule,
  },
  {
    name: "web: the built-in page's script",
    path: 'packages/web/dist/page/stepgate-page.js',
    limit: '15 kB',
    gzip: true,
  },
  {
    name: 'web: the script of the page of sign-in devices, with the dialog',
    path: 'packages/web/dist/page/stepgate-devices.js',
    limit: '22 kB',
    gzip: true,
  },
];
