export { DEMO_LIMITS } from './demo-limits.ts';
export { type DemoTenant, openTenant, serveEmulator } from './demo-tenant.ts';
export { factorsOf, insist, isWebAddress, readPort, readPushCode, readWays } from './environment.ts';
export { accountPage, bankPage, escapeHtml, loginPage, publicFolder } from './pages.ts';
export { serveBank } from './serve-bank.ts';
export { readSettings, type Settings } from './settings.ts';
export { openStore } from './store.ts';
export { readTransfer, type Transfer } from './transfer.ts';
