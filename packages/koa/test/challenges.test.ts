import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { auth0, createGate } from '@stepgate/koa';
import Koa from 'koa';
import { call } from 'suites/http.ts';
import { expect, it, onTestFinished } from 'vitest';

it('keeps the cookies and challenges that the app has set already', async () => {
  const gate = createGate({
    provider: auth0({ issuer: 'https://tenant.test/', clientId: 'client' }),
    secret: 'a secret of at least 32 characters, for tests',
    identify: () => ({ subject: 'ada', sessionId: 's' }),
    firstLeg: { password: { username: () => 'ada' } },
  });
  const app = new Koa();
  app.use((ctx, next) => {
    ctx.cookies.set('theme', 'dark');
    ctx.set('www-authenticate', 'DPoP algs="ES256"');
    return next();
  });
  app.use(gate.require());
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });

  const { port } = server.address() as AddressInfo;
  const get = (mode: string) =>
    call('GET', `http://127.0.0.1:${port}/transfers`, {
      headers: { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': mode },
    });
  const { cookies } = await get('navigate');
  const { headers } = await get('cors');

  expect(cookies).toEqual([expect.stringMatching(/^theme=/), expect.stringMatching(/^stepgate=/)]);
  expect(headers['www-authenticate']).toMatch(
    /^DPoP algs="ES256", Bearer error="insufficient_user_authentication", /,
  );
});
