import { randomBytes } from 'node:crypto';
import cookie from '@fastify/cookie';
import session from '@fastify/session';
import { createAuth0SignIn } from '@stepgate/core';
import { auth0, identifyBySession } from '@stepgate/server';
import Fastify, { type Session } from 'fastify';
import { decodeJwt } from 'jose';
import { createGate } from './stepgate.ts';

declare module 'fastify' {
  interface Session {
    user?: { sub: string; username: string };
  }
}

const { PORT = '3002', AUTH0_ISSUER = 'http://127.0.0.1:4400/' } = process.env;
const audience = 'https://bank.example/';
const client = {
  issuer: AUTH0_ISSUER,
  clientId: 'stepgate-demo',
  clientSecret: 'stepgate-demo-secret',
  // The emulator on this machine speaks plain http. A real tenant never does.
  allowInsecureIssuer: true,
};
const signIn = createAuth0SignIn({ ...client, audience });

const app = Fastify();
await app.register(cookie);
// A real app keeps its secrets in its configuration.
await app.register(session, { secret: randomBytes(32).toString('hex'), cookie: { secure: false } });

const gate = createGate({
  provider: auth0({ ...client, mfaApi: { audience, scope: 'transfer:funds' } }),
  secret: randomBytes(32).toString('hex'),
  identify: identifyBySession({ subject: ({ user }: Session) => user?.sub }),
  firstLeg: { password: { username: ({ request }) => request.session.user?.username ?? '' } },
});
await app.register(gate);

app.post<{ Body: { username: string; password: string } }>('/login', async (request) => {
  const { username, password } = request.body;
  const result = await signIn.password({ username, password });
  if (result.status !== 'signed_in' || !result.tokens.idToken) throw new Error('no id_token');
  await request.session.regenerate();
  request.session.user = { sub: decodeJwt(result.tokens.idToken).sub ?? '', username };
  return { username };
});

app.post('/transfers', { preHandler: gate.require({ maxAge: '5m' }) }, async ({ stepUp }) => ({
  approvedBy: stepUp?.approval.factor,
}));

console.log(`bank: ${await app.listen({ port: Number(PORT) })}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void app.close());
