import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createGate } from '@stepgate/express';
import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { describeAdapter } from '../../server/test/support/describe-adapter.ts';
import { call } from '../../server/test/support/http.ts';
import { expressHost } from './support/express-host.ts';

describeAdapter('Express', expressHost(express));

describe('createGate for Express', () => {
  it.each([false, true])(
    'works in a router under a path of its own (parsers in front: %j)',
    async (parsesBodies) => {
      const gate = createGate({
        auth0: { issuer: 'https://tenant.test/', clientId: 'client' },
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
      auth0: { issuer: 'https://tenant.test/', clientId: 'client' },
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

    const { cookies, headers } = await call(
      'GET',
      `http://127.0.0.1:${(server.address() as AddressInfo).port}/transfers`,
      {
        headers: { 'sec-fetch-site': 'same-origin' },
      },
    );

    expect(cookies).toEqual([expect.stringMatching(/^theme=/), expect.stringMatching(/^stepgate=/)]);
    expect(headers['www-authenticate']).toMatch(
      /^DPoP algs="ES256", Bearer error="insufficient_user_authentication", /,
    );
  });
});
