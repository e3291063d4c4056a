import { createEmulator, type Emulator, type EmulatorOptions } from '@stepgate/emulator';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { signingKey } from 'suites/signing-key.ts';
import { inject, onTestFinished } from 'vitest';
import { type Program, startProgram } from './program.ts';

/** How long one step may take, on a machine that is busy with something else. */
const LONGEST_STEP_MS = 60_000;

const { E2E_SLOW_PAGES: slowness } = process.env;

/** The user of every bank. */
export const ada = { username: 'ada', password: 'correct-horse' } as const;

/** Options of {@link openDesk}. */
export interface DeskOptions {
  /** The folder under `examples/`. Default `express-bank`. */
  readonly bank?:
    | 'express-bank'
    | 'koa-bank'
    | 'fastify'
    | 'nest-bank'
    | 'next-bank'
    | 'express-openid-connect'
    | 'cluster';
  /** The bank's port, if it must be known beforehand. Default: any free port. */
  readonly port?: number | undefined;
  /** How users confirm, as the bank's `STEP_UP_WAYS`. Default `mfa-api`. */
  readonly ways?: string;
  /** How old an approval may be for a transfer. Default 0: every transfer needs a new approval. */
  readonly maxAgeSeconds?: number;
  /** Default `eager`, with which another push may be sent soon, too, so that tests wait less. */
  readonly pollSchedule?: 'steady' | 'eager';
  readonly emulator?: EmulatorOptions;
  /** Further environment variables of the bank. */
  readonly env?: Readonly<Record<string, string>>;
  /** The language of the browser. Default English. */
  readonly locale?: string;
  /** Whether the bank's pages may run scripts. Default `true`. */
  readonly hasScript?: boolean;
}

/** A person's desk: the bank and the phone side by side in a browser, and the tenant behind them. */
export interface Desk {
  readonly emulator: Emulator;
  readonly bankUrl: string;
  /** The program that serves the bank. */
  readonly program: Program;
  readonly context: BrowserContext;
  /** The bank's page. */
  readonly bank: Page;
  /** The phone's page. */
  readonly phone: Page;
  /** The page in which screens are checked: the bank's page, or one for copies of it if it has no script. */
  readonly viewer: Page;
  /** How many pushes were requested from the tenant. */
  pushes(): number;
  /** Moves the clocks of the tenant and the bank forward, but no timers. */
  skipTime(ms: number): Promise<void>;
  /** Holds the bank page's requests to an address until the returned function is called. */
  hold(url: string): Promise<() => void>;
  /** Marks the bank's page. The returned function tells whether it is still the same page. */
  mark(): Promise<() => Promise<boolean>>;
}

/** Starts a tenant, a bank and a browser, which all end with the test. */
export async function openDesk(options: DeskOptions = {}): Promise<Desk> {
  const {
    bank: example = 'express-bank',
    port = 0,
    ways = 'mfa-api',
    maxAgeSeconds = 0,
    hasScript = true,
    locale = 'en-US',
  } = options;
  const { pollSchedule = 'eager' } = options;
  const emulator = createEmulator({ signingKey, ...options.emulator });
  const tenant = await emulator.listen();
  onTestFinished(() => tenant.close());
  const program = startProgram(`examples/${example}/src/main.ts`, {
    PORT: String(port),
    AUTH0_ISSUER: tenant.url,
    STEP_UP_WAYS: ways,
    STEP_UP_MAX_AGE: String(maxAgeSeconds),
    STEP_UP_POLL_SCHEDULE: pollSchedule,
    STEP_UP_RESEND_AFTER: pollSchedule === 'eager' ? '2' : '15',
    DEMO_PHONE_URL: `${tenant.phoneUrl}?user=${ada.username}`,
    ...options.env,
  });
  const [bankUrl, browser] = await Promise.all([program.printed(/^bank: (\S+)$/m), connectBrowser()]);
  const look = {
    colorScheme: 'light',
    reducedMotion: 'reduce',
    viewport: { width: 1100, height: 860 },
  } as const;
  const context = await browser.newContext({ ...look, locale, javaScriptEnabled: hasScript });
  const bank = await context.newPage();
  const scripted = hasScript ? context : await browser.newContext(look);
  const phone = await scripted.newPage();
  const viewer = hasScript ? bank : await scripted.newPage();
  // While the browser is still there: the screens say more than the locator that was not found.
  onTestFinished(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    for (const page of [bank, phone]) console.error(page.url(), await page.locator('body').ariaSnapshot());
  });
  await phone.goto(`${tenant.phoneUrl}?user=${ada.username}`);
  return {
    emulator,
    bankUrl,
    program,
    context,
    bank,
    phone,
    viewer,
    pushes: () =>
      emulator.requests.filter(
        // By CIBA, a user without a phone is found out by asking for a push.
        ({ path, status }) => path === '/mfa/challenge' || (path === '/bc-authorize' && status === 200),
      ).length,
    async skipTime(ms) {
      emulator.clock.advance(ms);
      await program.skipTime(ms);
    },
    async hold(url) {
      const released = Promise.withResolvers<void>();
      await bank.route(url, async (route) => {
        await released.promise;
        await route.continue();
      });
      return released.resolve;
    },
    async mark() {
      const mark = await bank.evaluateHandle(() => document);
      // After a reload there is another document, and the handle of the old one is gone.
      return () => bank.evaluate((marked) => marked === document, mark).catch(() => false);
    },
  };
}

/** The browser that all tests share. What a test opens in it is closed with the test. */
export async function connectBrowser(): Promise<Browser> {
  const browser = await chromium.connect(inject('browserAddress'));
  onTestFinished(() => browser.close());
  browser.on('context', (context) => {
    context.setDefaultTimeout(LONGEST_STEP_MS);
    context.on('page', adjustPage);
  });
  return browser;
}

/**
 * Sets a user's wish for less transparency: without a GPU, a blurred backdrop takes a third of the processor time.
 * `E2E_SLOW_PAGES=8` makes the scripts of pages take eight times as long, as on a slow phone or a busy machine.
 */
async function adjustPage(page: Page): Promise<void> {
  try {
    const session = await page.context().newCDPSession(page);
    const features = [{ name: 'prefers-reduced-transparency', value: 'reduce' }];
    await session.send('Emulation.setEmulatedMedia', { features });
    if (slowness !== undefined)
      await session.send('Emulation.setCPUThrottlingRate', { rate: Number(slowness) });
  } catch (error) {
    if (!page.isClosed()) throw error;
  }
}
