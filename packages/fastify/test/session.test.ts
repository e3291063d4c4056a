import cookie from '@fastify/cookie';
import session from '@fastify/session';
import { createGate, identifyBySession } from '@stepgate/fastify';
import { createTestKit } from '@stepgate/server/testing';
import fastify, { type FastifyInstance, type Session } from 'fastify';
import { expect, it, onTestFinished } from 'vitest';

declare module 'fastify' {
  interface Session {
    sub?: string;
  }
}

async function addSessions(app: FastifyInstance): Promise<void> {
  await app.register(cookie);
  await app.register(session, { secret: 's'.repeat(32), cookie: { secure: false } });
}

it.each(['before', 'after'])('knows who is signed in with sessions registered %s the gate', async (order) => {
  const kit = createTestKit();
  const gate = createGate({
    ...kit.options,
    identify: identifyBySession({ subject: ({ sub }: Session) => sub }),
  });
  const app = fastify();
  onTestFinished(() => app.close());
  if (order === 'before') await addSessions(app);
  await app.register(gate);
  if (order === 'after') await addSessions(app);
  app.post('/login', async (request) => {
    await request.session.regenerate();
    request.session.sub = 'auth0|ada';
    return 'welcome';
  });
  app.post('/transfers', { preHandler: gate.require({ maxAge: '5m' }) }, async () => 'done');
  const login = await app.inject({ method: 'POST', url: '/login' });
  const cookies = { sessionId: login.cookies[0]?.value ?? '' };

  const stranger = await app.inject({ method: 'POST', url: '/transfers' });
  const refused = await app.inject({ method: 'POST', url: '/transfers', cookies });
  const { requirement } = refused.json<{ step_up: { requirement: string } }>().step_up;
  const started = await app.inject({
    method: 'POST',
    url: '/step-up/flow',
    cookies,
    headers: { 'sec-fetch-site': 'same-origin' },
    payload: { requirement },
  });

  expect(stranger.json()).toMatchObject({ error: 'login_required' });
  expect(refused.json()).toMatchObject({ error: 'insufficient_user_authentication' });
  expect(started.json()).toMatchObject({ state: 'polling' });
  expect(kit.phone.pushes).toBe(1);
});
