// The whole package as one module, for pages without a bundler. It contains the dialog, so the element is defined from
// the start.
export * from '../dialog.ts';
export * from '../index.ts';
