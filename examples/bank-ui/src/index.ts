export { accountPage, escapeHtml, loginPage, publicFolder } from './pages.ts';
export { readSettings, type Settings } from './settings.ts';
