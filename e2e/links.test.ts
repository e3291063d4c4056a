import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createAuth0SignIn } from '@stepgate/core';
import { createEmulator } from '@stepgate/emulator';
import { auth0, createGate } from '@stepgate/koa';
import Koa from 'koa';
import { expect, it, onTestFinished } from 'vitest';
import { ada, connectBrowser } from './support/desk.ts';
import { enrolAhead } from './support/enrol-ahead.ts';
import { lookAt } from './support/look-at.ts';

const AUDIENCE = 'https://bank.example/';

/** A Koa app that closes an account if the user approves, in whatever login: a cookie's, or a token's. */
async function startBank() {
  const emulator = createEmulator();
  const tenant = await emulator.listen();
  onTestFinished(() => tenant.close());
  await enrolAhead(emulator);
  const client = {
    issuer: tenant.url,
    clientId: 'stepgate-demo',
    clientSecret: 'stepgate-demo-secret',
    allowInsecureIssuer: true,
  };
  const signedIn = await createAuth0SignIn({
    ...client,
    audience: AUDIENCE,
    scope: 'offline_access',
  }).password(ada);
  const [user] = emulator.users();
  const gate = createGate({
    provider: auth0({ ...client, mfaApi: { audience: AUDIENCE, scope: 'transfer:funds' } }),
    secret: 'a secret of at least 32 characters, for tests',
    identify({ cookies, request }) {
      const sessionId = cookies.get('login') ?? request.headers.authorization;
      return sessionId && user ? { subject: user.sub, sessionId } : undefined;
    },
    firstLeg: { refreshToken: () => ('tokens' in signedIn ? signedIn.tokens.refreshToken : undefined) },
    pollSchedule: 'eager',
  });
  const closed: string[] = [];
  const guard = gate.require({
    maxAge: '5m',
    allowOtherLogin: true,
    action: { id: 'close-8', title: 'Close account 8' },
  });
  const app = new Koa().use(gate).use((ctx) =>
    guard(ctx, async () => {
      closed.push(ctx.path);
      ctx.body = {};
    }),
  );
  const server = app.listen(0, '127.0.0.1');
  onTestFinished(async () => {
    await gate.close();
    server.close();
  });
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, phone: emulator.phone(ada.username), closed };
}

it('leads the user of an agent to a page in the browser; after the approval the agent goes on', async () => {
  const { url, phone, closed } = await startBank();
  const headers = {
    'content-type': 'application/json',
    authorization: 'Bearer agent',
    'stepgate-handle': 'new',
  };
  const post = (path: string, body: object): Promise<Response> =>
    fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  const context = await (await connectBrowser()).newContext({ reducedMotion: 'reduce' });
  await context.addCookies([{ name: 'login', value: 'browser', url }]);
  const page = await context.newPage();

  const { step_up } = (await (await post('/close', {})).json()) as {
    step_up: { links: string; requirement: string };
  };
  const answer = await post(step_up.links, { requirement: step_up.requirement });
  headers['stepgate-handle'] = answer.headers.get('stepgate-handle') ?? '';
  const link = (await answer.json()) as { url: string };

  await page.goto(link.url);
  await lookAt(page, 'link', 'Confirm it’s you', { isFocused: false });
  await page.getByText('Close account 8').waitFor();
  expect(phone.notifications()).toEqual([]);
  await page.getByRole('button', { name: 'Send approval request' }).click();
  await lookAt(page, 'link', 'Check your phone');
  phone.approve();
  await lookAt(page, 'link', 'Confirmed');
  await page.getByText('Go back to where you started').waitFor();

  expect((await page.request.post(`${url}/close`)).status()).toBe(401);
  expect([(await post('/close', {})).status, closed]).toEqual([200, ['/close']]);
  expect((await post('/close', {})).status).toBe(401);
});
