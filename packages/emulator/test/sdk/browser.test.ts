import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Auth0ClientOptions } from '@auth0/auth0-spa-js';
import { launchOptions } from 'e2e/system.ts';
import { build } from 'esbuild';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import type {} from './browser-app.ts';
import { multiFactor, startHttpsTenant } from './https-tenant.ts';

const { emulator, domain, issuer } = await startHttpsTenant();
const [browser, { outputFiles }] = await Promise.all([
  chromium.launch(launchOptions()),
  build({
    entryPoints: [fileURLToPath(new URL('browser-app.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    define: { 'process.env.NODE_ENV': '"production"' },
  }),
]);
/** Every page of the app is the same one, also in popups and hidden frames. */
const server = createServer(({ url = '/' }, response) => {
  const isScript = url === '/app.js';
  response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
  const { searchParams, pathname } = new URL(url, 'http://localhost');
  const handOn = pathname === '/silent' ? 'signinSilentCallback' : 'signinPopupCallback';
  const isHandedOn =
    pathname !== '/callback' && searchParams.has('state') && /^\/(silent|popup)$/.test(pathname);
  const page = `<!doctype html><title>App</title><body><script src="/app.js"></script>${
    isHandedOn ? `<script>window.app.createUserManager(${JSON.stringify(issuer)}).${handOn}()</script>` : ''
  }`;
  response.end(isScript ? outputFiles[0]?.text : page);
}).listen(0);
const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
afterAll(async () => {
  server.close();
  await browser.close();
});

let context: BrowserContext;
let page: Page;

beforeEach(async () => {
  emulator.enroll('ada', { factor: 'push' });
  context = await browser.newContext({ ignoreHTTPSErrors: true });
  context.setDefaultTimeout(10_000);
  page = await context.newPage();
  await page.goto(origin);
});
afterEach(() => context.close());

/** Makes the client anew, as a page does that was loaded again. */
function startSpa(options: Auth0ClientOptions): Promise<void> {
  return page.evaluate((given) => {
    window.spa = window.app.createSpa(given);
  }, options);
}

async function enterPassword(at: Page): Promise<void> {
  await at.fill('#username', 'ada');
  await at.fill('#password', 'correct-horse');
  await at.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** The second factor in a popup: the phone approves, and the popup closes by itself. */
async function approveIn(popup: Page): Promise<void> {
  await popup.waitForURL('**/u/mfa?*');
  const closed = popup.isClosed() ? undefined : popup.waitForEvent('close');
  emulator.phone('ada').approve();
  await closed;
}

it('auth0-spa-js signs in by redirect, renews in a hidden frame, steps up in a popup and signs out', async () => {
  const spa = { domain, clientId: 'stepgate-demo-public', authorizationParams: { redirect_uri: origin } };
  const start = () => startSpa(spa);
  await start();
  await page.evaluate(() => void window.spa.loginWithRedirect());
  await page.waitForURL('**/u/login?*');
  await enterPassword(page);
  await page.waitForURL(`${origin}/?code=*`);
  await start();
  const user = await page.evaluate(async () => {
    await window.spa.handleRedirectCallback();
    return window.spa.getUser();
  });
  expect(user).toMatchObject({ nickname: 'ada' });

  const tokens = await page.evaluate(() =>
    window.spa.getTokenSilently({ cacheMode: 'off', detailedResponse: true }),
  );
  expect(tokens?.access_token).toBeDefined();

  const [popup] = await Promise.all([
    page.waitForEvent('popup'),
    page.evaluate((acr_values) => {
      Object.assign(window, { done: window.spa.loginWithPopup({ authorizationParams: { acr_values } }) });
    }, multiFactor),
  ]);
  await approveIn(popup);
  const claims = await page.evaluate(async () => {
    await (window as unknown as { done: Promise<void> }).done;
    return window.spa.getIdTokenClaims();
  });
  expect(claims).toMatchObject({ amr: ['mfa'], acr: multiFactor });

  const returnTo = `${origin}/bye`;
  await page.evaluate((url) => void window.spa.logout({ logoutParams: { returnTo: url } }), returnTo);
  await page.waitForURL(returnTo);
  await start();
  const silent = await page.evaluate(() =>
    window.spa.getTokenSilently({ cacheMode: 'off' }).catch((error: { error: string }) => error.error),
  );
  expect(silent).toBe('login_required');
});

it('auth0-spa-js steps up with its MFA client, and by a popup that it opens itself', async () => {
  emulator.configure({ mfaRequirements: { challenge: ['push-notification', 'otp'] } });
  const spa = {
    domain,
    clientId: 'stepgate-demo-public',
    useRefreshTokens: true,
    // One refresh token serves every scope and audience.
    useMrrt: true,
    authorizationParams: { redirect_uri: origin, scope: 'openid offline_access' },
  };
  const start = (more = {}) => startSpa({ ...spa, ...more });
  const stepUp = { cacheMode: 'off', authorizationParams: { scope: 'openid transfer:funds' } } as const;
  await start({ cacheLocation: 'localstorage' });
  await page.evaluate(() => void window.spa.loginWithRedirect());
  await page.waitForURL('**/u/login?*');
  await enterPassword(page);
  await page.waitForURL(`${origin}/?code=*`);
  await start({ cacheLocation: 'localstorage' });
  await page.evaluate(() => window.spa.handleRedirectCallback().then(() => undefined));

  const types = await page.evaluate(async (options) => {
    const error = await window.spa.getTokenSilently(options).catch((reason: { mfa_token: string }) => reason);
    const mfaToken = typeof error === 'object' ? error.mfa_token : '';
    const authenticators = await window.spa.mfa.getAuthenticators(mfaToken);
    const authenticatorId = authenticators[0]?.id ?? '';
    const challenge = await window.spa.mfa.challenge({ mfaToken, challengeType: 'oob', authenticatorId });
    Object.assign(window, { verify: { mfaToken, oobCode: challenge.oobCode } });
    return authenticators.map(({ type }) => type);
  }, stepUp);
  expect(types).toEqual(['push-notification', 'otp']);
  emulator.phone('ada').approve();
  const scope = await page.evaluate(async () => {
    const { verify } = window as unknown as { verify: { mfaToken: string; oobCode: string } };
    return (await window.spa.mfa.verify(verify)).scope;
  });
  expect(scope).toMatch(/transfer:funds/);

  await start({ cacheLocation: 'localstorage', interactiveErrorHandler: 'popup' });
  const [popup] = await Promise.all([
    page.waitForEvent('popup'),
    page.evaluate((options) => {
      Object.assign(window, { token: window.spa.getTokenSilently(options) });
    }, stepUp),
  ]);
  await approveIn(popup);
  const token = await page.evaluate(() => (window as unknown as { token: Promise<string> }).token);
  expect(token.split('.')).toHaveLength(3);
});

it('auth0-react signs in, steps up in a popup and signs out', async () => {
  const mount = async (): Promise<void> => {
    const options = { domain, clientId: 'stepgate-demo-public' };
    await page.evaluate((given) => window.app.mountReact(given), options);
  };
  await page.goto(`${origin}/react`);
  await mount();
  await page.click('text=Sign in');
  await page.waitForURL('**/u/login?*');
  await enterPassword(page);
  await page.waitForURL(`${origin}/react?code=*`);
  await mount();
  expect(await page.textContent('#user')).toBe('ada');
  const [popup] = await Promise.all([page.waitForEvent('popup'), page.click('text=Step up')]);
  await approveIn(popup);
  await page.waitForFunction(() => document.querySelector('#amr')?.textContent === 'mfa');
  await page.click('text=Sign out');
  await page.waitForURL(`${origin}/react`);
  await mount();
  expect(await page.textContent('button')).toBe('Sign in');
});

it('oidc-client-ts signs in, renews in a hidden frame, steps up in a popup and signs out', async () => {
  const start = () =>
    page.evaluate((authority) => {
      window.manager = window.app.createUserManager(authority);
    }, issuer);
  await start();
  await page.evaluate(() => void window.manager.signinRedirect());
  await page.waitForURL('**/u/login?*');
  await enterPassword(page);
  await page.waitForURL(`${origin}/callback?code=*`);
  await start();
  expect(await page.evaluate(async () => (await window.manager.signinCallback())?.profile.nickname)).toBe(
    'ada',
  );

  expect(await page.evaluate(async () => (await window.manager.signinSilent())?.profile.sub)).toBeDefined();
  const [popup] = await Promise.all([
    page.waitForEvent('popup'),
    page.evaluate((acr_values) => {
      Object.assign(window, { done: window.manager.signinPopup({ acr_values }) });
    }, multiFactor),
  ]);
  await approveIn(popup);
  const amr = await page.evaluate(async () => {
    const user = await (window as unknown as { done: Promise<{ profile: { amr?: string[] } }> }).done;
    return user.profile.amr;
  });
  expect(amr).toEqual(['mfa']);
  await page.evaluate(() => void window.manager.signoutRedirect());
  await page.waitForURL(`${origin}/**`);
});
