// The package as one module, for pages without a bundler. The dialog's code is in it anyway, so the element is there
// from the start.
export * from '../dialog.ts';
export * from '../index.ts';
