// The app on Hono, on a server of web-standard requests or in a worker.
import { createGate } from '@stepgate/hono';
import { identifyByClaims } from '@stepgate/server';
import { Hono } from 'hono';
import { setCookie } from 'hono/cookie';
import { jwt, sign } from 'hono/jwt';
import { POLICY, REPLAY, resultOf, SECRET, user } from './options.mjs';

export function honoApp(options) {
  const app = new Hono();
  const gate = createGate({ ...options, identify: identifyByClaims((c) => c.get('jwtPayload')) });
  app.post('/login', async (c) => {
    setCookie(c, 'token', await sign({ sub: user.sub, sid: 'login' }, SECRET, 'HS256'));
    return c.json({});
  });
  app.use(jwt({ secret: SECRET, cookie: 'token', alg: 'HS256' }));
  app.use(gate);
  app.post('/transfers', gate.require(POLICY), (c) => c.json(resultOf(c.get('stepUp'))));
  app.post('/orders', gate.require(POLICY, REPLAY), async (c) =>
    c.json({ to: (await c.req.parseBody()).to }),
  );
  return app;
}
