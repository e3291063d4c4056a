export * from './dialog/stepgate-dialog.ts';
