import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createEmulator, type Emulator } from '@stepgate/emulator';
import { auth0, createGate, type RedirectSettings } from '@stepgate/koa';
import Koa from 'koa';
import type { BrowserContext, Page } from 'playwright-core';
import { signingKey } from 'suites/signing-key.ts';
import { expect, it, onTestFinished } from 'vitest';
import { ada, connectBrowser } from './support/desk.ts';
import { isFirefoxWanted, launchFirefox } from './support/firefox.ts';
import { lookAt, waitForScreen } from './support/look-at.ts';

// `E2E_BROWSER=firefox` runs these stories in Firefox.

/** An app on `localhost`, and a tenant on `127.0.0.1`: two sites, as in life. */
interface Scene {
  readonly emulator: Emulator;
  readonly context: BrowserContext;
  readonly app: Page;
  readonly origin: string;
  readonly press: (page: Page, name: string) => Promise<void>;
  readonly type: (page: Page, label: string, text: string) => Promise<void>;
  /** How many transfers were made. */
  readonly transfers: () => number;
}

const PAGE = `<!doctype html>
<title>Bank</title>
<h1>Bank</h1>
<form method="post" action="/transfers"><button>Pay by form</button></form>
<button id="pay">Pay by script</button>
<output></output>
<script type="module">
  import { stepUpFetch } from '/step-up/assets/stepgate.js';
  document.getElementById('pay').onclick = async () => {
    const { status } = await stepUpFetch('/transfers', { method: 'POST' });
    document.querySelector('output').textContent = status === 200 ? 'Paid' : 'Not paid';
  };
</script>`;

async function openScene(
  options: {
    readonly sameSite?: 'Lax' | 'Strict';
    readonly hasScript?: boolean;
    readonly redirect?: RedirectSettings;
    /** Whether the user is first asked for a password, for the phone. Default: only the sign-in page counts. */
    readonly asksPassword?: boolean;
  } = {},
): Promise<Scene> {
  const { sameSite = 'Lax', hasScript = true, redirect = {}, asksPassword = false } = options;
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, 'localhost', resolve);
  });
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  const emulator = createEmulator({
    signingKey,
    users: [],
    clients: [{ clientId: 'bank', clientSecret: 'secret', callbackUrls: [`${origin}/step-up/callback`] }],
  });
  const tenant = await emulator.listen();
  const { sub: subject } = emulator.addUser(ada);
  emulator.configure({ severedOpener: true });
  emulator.enroll('ada', { factor: 'push' });
  const gate = createGate({
    provider: auth0({
      issuer: tenant.url,
      clientId: 'bank',
      clientSecret: 'secret',
      allowInsecureIssuer: true,
      redirect,
      ...(asksPassword && { mfaApi: {} }),
    }),
    factors: asksPassword ? ['push', 'hosted'] : ['hosted'],
    ...(asksPassword && { firstLeg: { password: { username: () => ada.username } } }),
    secret: 'at least 32 characters, only for this test',
    identify: (ctx) =>
      ctx.cookies.get('session') === undefined ? undefined : { subject, sessionId: 'one login' },
  });
  let transfers = 0;
  const koa = new Koa();
  // What helmet sets by default: it cuts a window's tie to its opener.
  koa.use(async (ctx, next) => {
    ctx.set('cross-origin-opener-policy', 'same-origin');
    await next();
  });
  koa.use(gate);
  const guard = gate.require({ maxAge: 0, action: { id: 'transfer', title: 'Transfer 250 EUR to Grace' } });
  koa.use(async (ctx, next) => {
    if (ctx.path !== '/transfers') return next();
    if (ctx.method === 'GET') {
      ctx.body = `Transfers: ${transfers}`;
      return;
    }
    await guard(ctx, async () => {
      transfers += 1;
      ctx.body = 'Paid';
    });
  });
  koa.use((ctx) => {
    ctx.set('set-cookie', `session=1; HttpOnly; Path=/; SameSite=${sameSite}`);
    ctx.body = PAGE;
  });
  server.on('request', koa.callback());
  onTestFinished(async () => {
    await gate.close();
    await tenant.close();
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
  const context = isFirefoxWanted
    ? await (await launchFirefox({ hasScript })).newContext()
    : await (await connectBrowser()).newContext({ javaScriptEnabled: hasScript });
  const app = await context.newPage();
  onTestFinished(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    for (const page of context.pages()) {
      console.error(page.url(), await page.locator('body').ariaSnapshot().catch(String));
    }
  });
  await app.goto(origin);
  // A Firefox without scripts cannot tell its driver that an element stands still.
  const force = isFirefoxWanted && !hasScript;
  const press: Scene['press'] = (page, name) => page.getByRole('button', { name }).click({ force });
  const type: Scene['type'] = async (page, label, text) => {
    await page.getByLabel(label).click({ force });
    await page.keyboard.type(text);
  };
  return { emulator, context, app, origin, press, type, transfers: () => transfers };
}

/** Pays in the dialog, and goes to the sign-in page in a window, which one button opens. */
async function payInWindow({ app, context }: Scene, button = 'Go to the sign-in page'): Promise<Page> {
  await app.getByRole('button', { name: 'Pay by script' }).click();
  const opening = context.waitForEvent('page');
  await app.getByRole('button', { name: button }).click();
  const popup = await opening;
  await popup.getByLabel('Username').waitFor();
  return popup;
}

/** Signs in on the tenant's page, and approves on the phone. */
async function confirm(
  page: Page,
  { emulator, press, type }: Scene,
  decision: 'approve' | 'deny' = 'approve',
): Promise<void> {
  await type(page, 'Username', ada.username);
  await type(page, 'Password', ada.password);
  await press(page, 'Sign in');
  await page.getByText('A notification was sent to').waitFor();
  if (decision === 'approve') emulator.phone('ada').approve();
  else await page.getByRole('button', { name: 'Cancel' }).click();
}

it.each([
  ['with scripts', { hasScript: true }],
  ['without scripts', { hasScript: false }],
  ['with a session cookie that comes with no other site’s redirect', { sameSite: 'Strict' }],
  ['with such a cookie and without scripts', { sameSite: 'Strict', hasScript: false }],
] as const)('leads a page there and back by one click, %s', async (_what, options) => {
  const scene = await openScene(options);
  const { app, origin, press } = scene;
  await press(app, 'Pay by form');
  await app.getByRole('heading', { name: 'Confirm it’s you' }).waitFor();
  await press(app, 'Go to the sign-in page');
  await confirm(app, scene);

  // The page goes back to where the form was.
  await app.waitForURL(`${origin}/`);
  await press(app, 'Pay by form');
  await app.getByText('Paid', { exact: true }).waitFor();
  expect(scene.transfers()).toBe(1);
});

it('says on the page that the user has said no, and lets them try again', async () => {
  const scene = await openScene();
  const { app } = scene;
  await app.getByRole('button', { name: 'Pay by form' }).click();
  await app.getByRole('button', { name: 'Go to the sign-in page' }).click();
  await confirm(app, scene, 'deny');
  await app.getByText('You did not confirm on the sign-in page.').waitFor();
  await app.getByRole('button', { name: 'Go to the sign-in page' }).click();
  await app.getByLabel('Username').waitFor();
});

it('shows its buttons to a user who goes back from the provider’s page', async () => {
  const scene = await openScene();
  const { app } = scene;
  await app.getByRole('button', { name: 'Pay by form' }).click();
  await app.getByRole('button', { name: 'Go to the sign-in page' }).click();
  await app.getByLabel('Username').waitFor();
  await app.goBack();
  await app.getByRole('heading', { name: 'Confirm on the sign-in page' }).waitFor();
  await app.getByRole('button', { name: 'Go to the sign-in page' }).click();
  await confirm(app, scene);
  await app.getByRole('button', { name: 'Pay by form' }).waitFor();
});

it('opens a window from the dialog, whose tie to the page the headers cut', async () => {
  const scene = await openScene();
  const { app } = scene;
  const popup = await payInWindow(scene);
  await waitForScreen(app, 'Confirm on the sign-in page');
  if (!isFirefoxWanted) await lookAt(app, 'redirect', 'Confirm on the sign-in page', { isFocused: false });
  expect(await popup.evaluate(() => window.opener === null)).toBe(true);
  const closed = popup.waitForEvent('close');
  await confirm(popup, scene);

  await closed;
  await app.getByText('Paid', { exact: true }).waitFor();
  expect(scene.transfers()).toBe(1);
});

it('opens the window again after the user has closed it', async () => {
  const scene = await openScene();
  const { app, context } = scene;
  const popup = await payInWindow(scene);
  await popup.close();
  const second = context.waitForEvent('page');
  await app.getByRole('button', { name: 'Open the window again' }).click();
  await confirm(await second, scene);
  await app.getByText('Paid', { exact: true }).waitFor();
});

it('opens the window by the click that goes over from another way, and again', async () => {
  const scene = await openScene({ asksPassword: true });
  const { app, context, press } = scene;
  const popup = await payInWindow(scene, 'Continue on the sign-in page');
  await waitForScreen(app, 'Confirm on the sign-in page');
  await popup.close();
  const second = context.waitForEvent('page');
  await press(app, 'Open the window again');
  await confirm(await second, scene);
  await app.getByText('Paid', { exact: true }).waitFor();
  expect(scene.transfers()).toBe(1);
});

it('closes the window that was to go over from another way, when the server is out of reach', async () => {
  const scene = await openScene({ asksPassword: true });
  const { app, context, press } = scene;
  await press(app, 'Pay by script');
  await waitForScreen(app, 'Enter your password');
  await context.route('**/step-up/**', (route) => route.abort());
  const opening = context.waitForEvent('page');
  await press(app, 'Continue on the sign-in page');
  const popup = await opening;
  if (!popup.isClosed()) await popup.waitForEvent('close');
  await app.getByRole('button', { name: 'Continue on the sign-in page' }).waitFor();
});

it('leads the page there by one click from another way', async () => {
  const scene = await openScene({ asksPassword: true });
  const { app, press } = scene;
  await press(app, 'Pay by form');
  await press(app, 'Send approval request');
  await press(app, 'Continue on the sign-in page');
  await confirm(app, scene);
  await press(app, 'Pay by form');
  await app.getByText('Paid', { exact: true }).waitFor();
});

it('goes on in the same tab, where the user asks for it', async () => {
  const scene = await openScene();
  const { app } = scene;
  const popup = await payInWindow(scene);
  await app.getByRole('button', { name: 'Continue in this tab' }).click();
  await confirm(app, scene);
  await app.getByRole('heading', { name: 'Confirmed' }).waitFor();
  // The window's departure has been replaced: what is done there ends nothing.
  await confirm(popup, scene);
  await popup.getByText('This is not what this browser is waiting for.').waitFor();
});

it('can be cancelled in the dialog while the window is open', async () => {
  const scene = await openScene();
  const { app } = scene;
  const popup = await payInWindow(scene);
  await app.getByRole('button', { name: 'Cancel' }).click();
  await app.getByRole('dialog').waitFor({ state: 'hidden' });
  await confirm(popup, scene);
  await popup.getByText('This is not what this browser is waiting for.').waitFor();
  expect(scene.transfers()).toBe(0);
});
