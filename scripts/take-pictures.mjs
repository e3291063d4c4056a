// Takes the pictures that the docs show, from the demo's own screens: `pnpm pictures`.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { launchOptions } from '../e2e/system.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const { chromium } = createRequire(new URL('../e2e/package.json', import.meta.url))('playwright-core');
const { createEmulator } = await import('../packages/emulator/dist/index.js');
const BANK = { width: 640, height: 840 };
const PHONE = { width: 360, height: 840 };

/** Starts the bank on a free port. Returns its address, and a function that ends it. */
async function startBank(env) {
  const child = spawn(process.execPath, ['examples/express-bank/src/main.ts'], {
    cwd: root,
    env: { ...process.env, ...env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const [, url] = /^bank: (\S+)$/.exec(line) ?? [];
    if (url !== undefined) return { url, end: () => child.kill('SIGTERM') };
  }
  throw new Error('The bank ended before it printed its address.');
}

/** The bank while it waits for the code and the approval, and the phone with the request. */
async function takeDemo(browser, { bankUrl, phoneUrl }) {
  const look = { reducedMotion: 'reduce', deviceScaleFactor: 1 };
  const bank = await browser.newPage({ ...look, viewport: BANK });
  const phone = await browser.newPage({ ...look, viewport: PHONE });
  await phone.goto(phoneUrl);
  await bank.goto(bankUrl);
  await bank.getByLabel('Username').fill('ada');
  await bank.getByLabel('Password').fill('correct-horse');
  await bank.getByRole('button', { name: 'Sign in' }).click();
  await bank.getByLabel('Amount').fill('250');
  await bank.getByRole('button', { name: 'Transfer' }).click();
  await bank.getByRole('heading', { name: 'Type the code from your phone' }).waitFor();
  await phone.getByRole('button', { name: 'Approve' }).waitFor();
  return { bank: await bank.screenshot(), phone: await phone.screenshot() };
}

/** Two pictures side by side, each in a frame. */
async function sideBySide(browser, { bank, phone }) {
  const page = await browser.newPage({ viewport: { width: 1080, height: 900 } });
  const framed = (picture) => `<img src="data:image/png;base64,${picture.toString('base64')}">`;
  await page.setContent(`<style>
    body { margin: 0; display: flex; justify-content: center; align-items: center; gap: 24px; height: 100vh;
      background: #e9edf2 }
    img { border: 1px solid #c3cad4; border-radius: 12px; background: #fff }
  </style>${framed(bank)}${framed(phone)}`);
  return page.screenshot({ type: 'png' });
}

const emulator = createEmulator();
const tenant = await emulator.listen();
emulator.enroll('ada', { factor: 'push' });
const phoneUrl = `${tenant.phoneUrl}?user=ada`;
const bank = await startBank({
  AUTH0_ISSUER: tenant.url,
  DEMO_PHONE_URL: phoneUrl,
  STEP_UP_MAX_AGE: '0',
});
const browser = await chromium.launch(launchOptions());
try {
  const folder = new URL('../docs/images/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  const demo = await takeDemo(browser, { bankUrl: bank.url, phoneUrl });
  writeFileSync(new URL('demo.png', folder), await sideBySide(browser, demo));
} finally {
  await browser.close();
  bank.end();
  await tenant.close();
}
