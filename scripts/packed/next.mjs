// Route handlers of Next.js, which are functions of web-standard requests.
import { createAdaptorServer } from '@hono/node-server';
import { createAuth0MfaApi, createAuth0SignIn } from '@stepgate/core';
import { createEmulator } from '@stepgate/emulator';
import { auth0, createGate } from '@stepgate/next';
import { listen, oneApproval } from './one-approval.mjs';

await oneApproval({
  createEmulator,
  createAuth0MfaApi,
  createAuth0SignIn,
  auth0,
  serve(route, options) {
    const gate = createGate(() => ({ ...options, origin: ({ url }) => new URL(url).origin }));
    const POST = gate.route({ maxAge: '5m' }, (_request, _context, stepUp) =>
      Response.json({ factor: stepUp.approval.factor }),
    );
    const fetch = (request) =>
      new URL(request.url).pathname === route ? POST(request, {}) : gate.handlers[request.method](request);
    return listen(createAdaptorServer({ fetch }));
  },
});
