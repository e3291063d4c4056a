import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { auth0, createGate, errorResponse, isStepUpError } from '@stepgate/express';
import cors from 'cors';
import express, { type ErrorRequestHandler } from 'express';
import { describeAdapter } from 'suites/adapters/describe-adapter.ts';
import { call } from 'suites/http.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { expressHost } from './support/express-host.ts';

describeAdapter('Express', expressHost(express), { everything: true });

describe('createGate for Express', () => {
  it.each([false, true])(
    'works in a router under its own path (parsers in front: %j)',
    async (parsesBodies) => {
      const gate = createGate({
        provider: auth0({ issuer: 'https://tenant.test/', clientId: 'client' }),
        secret: 'a secret of at least 32 characters, for tests',
        basePath: '/bank/step-up',
        identify: () => ({ subject: 'ada', sessionId: 's' }),
        firstLeg: { password: { username: () => 'ada' } },
      });
      const router = express.Router();
      if (parsesBodies) router.use(express.json());
      router.use(gate);
      router.get('/transfers', gate.require(), (_req, res) => res.send('done'));
      const server = express().use('/bank', router).listen(0, '127.0.0.1');
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

  it('keeps the cookies and challenges that the app has set already', async () => {
    const gate = createGate({
      provider: auth0({ issuer: 'https://tenant.test/', clientId: 'client' }),
      secret: 'a secret of at least 32 characters, for tests',
      identify: () => ({ subject: 'ada', sessionId: 's' }),
      firstLeg: { password: { username: () => 'ada' } },
    });
    const app = express();
    app.use((_req, res, next) => {
      res.cookie('theme', 'dark');
      res.set('www-authenticate', 'DPoP algs="ES256"');
      next();
    });
    app.get('/transfers', gate.require(), (_req, res) => res.send('done'));
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

  it('gives an error handler the response of the guard for that error', async () => {
    const gate = createGate({
      provider: auth0({ issuer: 'https://tenant.test/', clientId: 'client' }),
      secret: 'a secret of at least 32 characters, for tests',
      identify: () => ({ subject: 'ada', sessionId: 's' }),
      firstLeg: { password: { username: () => 'ada' } },
    });
    const policy = { maxAge: 60, action: { id: 'close 7', title: 'Close account 7' } };
    const app = express();
    app.post('/guarded', gate.require(policy));
    app.post('/asserted', (req) => gate.assert(req, policy));
    app.use(((error, _req, res, next) => {
      if (!isStepUpError(error)) return next(error);
      const { status, headers, body } = errorResponse(error);
      res.status(status).set(headers).send(body);
    }) satisfies ErrorRequestHandler);
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });

    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const guarded = await call('POST', `${url}/guarded`);
    const asserted = await call('POST', `${url}/asserted`);

    const start = { start: '/step-up/flow', requirement: expect.any(String) as string };
    for (const answer of [guarded, asserted]) {
      expect(answer.status).toBe(401);
      expect(answer.headers).toMatchObject({
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store, no-transform',
        'www-authenticate': expect.stringContaining('max_age="60"') as string,
      });
      expect(answer.json()).toMatchObject({ action: policy.action, max_age: 60, step_up: start });
    }
    expect(Object.keys(asserted.json<object>())).toEqual(Object.keys(guarded.json<object>()));
  });

  it('works behind the CORS middleware of an app with its pages elsewhere', async () => {
    const origin = 'https://app.example';
    const gate = createGate({
      provider: auth0({ issuer: 'https://tenant.test/', clientId: 'client' }),
      secret: 'a secret of at least 32 characters, for tests',
      identify: () => ({ subject: 'ada', sessionId: 's' }),
      firstLeg: { password: { username: () => 'ada' } },
      allowedOrigins: [origin],
      // The pages are on https, and the server of the test is on this machine.
      insecureCookie: true,
    });
    const app = express();
    app.use(cors({ origin: [origin], credentials: true, exposedHeaders: ['X-Total'] }));
    app.use(gate);
    app.post('/transfers', gate.require(), (_req, res) => res.send('done'));
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const headers = { origin, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' };
    const asks = { ...headers, 'access-control-request-method': 'POST' };

    const refused = await call('POST', `${url}/transfers`, { headers });
    const preflights = [
      await call('OPTIONS', `${url}/transfers`, { headers: asks }),
      await call('OPTIONS', `${url}/step-up/flow`, { headers: asks }),
    ];
    const endpoint = await call('GET', `${url}/step-up/flow`, { headers });

    expect(refused.status).toBe(401);
    expect(refused.json()).toMatchObject({ error: 'insufficient_user_authentication' });
    expect(preflights.map(({ status }) => status)).toEqual([204, 204]);
    for (const answer of [refused, ...preflights, endpoint]) {
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
      });
      expect(answer.headers.vary).toContain('Origin');
    }
    expect(endpoint.headers['access-control-expose-headers']).toBe(
      'X-Total, etag, retry-after, www-authenticate',
    );
  });
});
