export { accountPage, escapeHtml, loginPage, publicFolder } from './pages.ts';
export { readSettings } from './settings.ts';
