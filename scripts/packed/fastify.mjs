// A Fastify app, whose route asks for its guard in its configuration.
import { createAuth0MfaApi, createAuth0SignIn } from '@stepgate/core';
import { createEmulator } from '@stepgate/emulator';
import { auth0, createGate } from '@stepgate/fastify';
import fastify from 'fastify';
import { oneApproval } from './one-approval.mjs';

await oneApproval({
  createEmulator,
  createAuth0MfaApi,
  createAuth0SignIn,
  auth0,
  async serve(route, options) {
    const app = fastify();
    await app.register(createGate(options));
    app.post(route, { config: { stepUp: { maxAge: '5m' } } }, async ({ stepUp }) => ({
      factor: stepUp.approval.factor,
    }));
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    return { url, close: () => app.close() };
  },
});
