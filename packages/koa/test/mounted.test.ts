import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import { auth0, createGate } from '@stepgate/koa';
import Koa from 'koa';
import mount from 'koa-mount';
import { call } from 'suites/http.ts';
import { expect, it, onTestFinished } from 'vitest';

it.each([false, true])(
  'works in an app that is mounted under a path, on routes of a router (parsers in front: %j)',
  async (parsesBodies) => {
    const gate = createGate({
      provider: auth0({ issuer: 'https://tenant.test/', clientId: 'client' }),
      secret: 'a secret of at least 32 characters, for tests',
      basePath: '/bank/step-up',
      identify: () => ({ subject: 'ada', sessionId: 's' }),
      firstLeg: { password: { username: () => 'ada' } },
    });
    const router = new Router();
    router.get('/transfers', gate.require(), (ctx) => {
      ctx.body = 'done';
    });
    const bank = new Koa();
    if (parsesBodies) bank.use(bodyParser());
    bank.use(gate);
    bank.use(router.routes());
    const app = new Koa();
    app.use(mount('/bank', bank));
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const browser = { 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' };

    const navigation = await call('GET', `${url}/bank/transfers?a=1`, {
      headers: { ...browser, 'sec-fetch-mode': 'navigate' },
    });
    const location = navigation.headers.location ?? '';
    const page = await call('GET', url + location, { headers: browser });
    const start = await call('POST', `${url}/bank/step-up/flow`, {
      headers: browser,
      body: JSON.stringify({ requirement: location.split('=')[1] }),
    });

    expect(navigation.status).toBe(303);
    expect(location).toMatch(/^\/bank\/step-up\?requirement=/);
    expect(page.text).toContain('data-return-to="/bank/transfers?a=1"');
    expect(start.status).toBe(201);
    expect(start.json()).toMatchObject({ state: 'authenticating' });
  },
);
