export { DEMO_LIMITS } from './demo-limits.ts';
export { type DemoTenant, openTenant } from './demo-tenant.ts';
export { accountPage, escapeHtml, loginPage, publicFolder } from './pages.ts';
export { readSettings, type Settings } from './settings.ts';
export { openStore } from './store.ts';
