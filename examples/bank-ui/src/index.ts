export { accountPage, loginPage, publicFolder } from './pages.ts';
export { readSettings } from './settings.ts';
