// The app on the other hosts, each with a common way to sign in. Each function resolves to the address.
import { join } from 'node:path';
import { identifyByClaims, identifyBySession } from '@stepgate/server';
import { onFetch, onNode } from './listen.mjs';
import { POLICY, REPLAY, resultOf, SECRET, user } from './options.mjs';

const bySession = identifyBySession({ subject: ({ user: signedIn }) => signedIn?.sub });

export async function koaApp(options) {
  const [{ default: Koa }, { default: session }, { bodyParser }, { createGate }] = await Promise.all([
    import('koa'),
    import('koa-session'),
    import('@koa/bodyparser'),
    import('@stepgate/koa'),
  ]);
  const app = new Koa();
  app.keys = [SECRET];
  const gate = createGate({ ...options, identify: bySession });
  const pass = (_ctx, next) => next();
  const on = (path, guard, handle) =>
    app.use((ctx, next) =>
      ctx.path === path
        ? guard(ctx, () => {
            ctx.body = handle(ctx);
          })
        : next(),
    );
  app.use(session(app)).use(gate).use(bodyParser());
  on('/login', pass, (ctx) => {
    ctx.session.user = { sub: user.sub };
    return {};
  });
  on('/transfers', gate.require(POLICY), (ctx) => resultOf(ctx.state.stepUp));
  on('/orders', gate.require(POLICY, REPLAY), (ctx) => ({ to: ctx.request.body.to }));
  return onNode(app.callback());
}

export async function fastifyApp(options) {
  const [
    { default: Fastify },
    { default: cookie },
    { default: session },
    { default: formbody },
    { createGate },
  ] = await Promise.all([
    import('fastify'),
    import('@fastify/cookie'),
    import('@fastify/session'),
    import('@fastify/formbody'),
    import('@stepgate/fastify'),
  ]);
  const app = Fastify();
  const gate = createGate({ ...options, identify: bySession });
  await app.register(cookie);
  await app.register(session, { secret: SECRET, cookie: { secure: false } });
  await app.register(formbody);
  await app.register(gate);
  app.post('/login', async (request) => {
    request.session.user = { sub: user.sub };
    return {};
  });
  app.post('/transfers', { preHandler: gate.require(POLICY) }, async ({ stepUp }) => resultOf(stepUp));
  app.post('/orders', { preHandler: gate.require(POLICY, REPLAY) }, async ({ body }) => ({ to: body.to }));
  return app.listen({ port: 0, host: '127.0.0.1' });
}

export async function honoApp(options) {
  const [{ Hono }, { setCookie }, { jwt, sign }, { createGate }] = await Promise.all([
    import('hono'),
    import('hono/cookie'),
    import('hono/jwt'),
    import('@stepgate/hono'),
  ]);
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
  return onFetch(app.fetch);
}

export async function nestApp(options) {
  await import('reflect-metadata');
  const [
    { Body, Controller, HttpCode, Module, Post, Req },
    { NestFactory },
    { default: session },
    { StepUp, StepUpModule },
  ] = await Promise.all([
    import('@nestjs/common'),
    import('@nestjs/core'),
    import('express-session'),
    import('@stepgate/nest'),
  ]);
  class Bank {
    login(req) {
      req.session.user = { sub: user.sub };
      return {};
    }
    transfers(req) {
      return resultOf(req.stepUp);
    }
    orders(body) {
      return { to: body.to };
    }
  }
  /** What decorators do, in a language that has none. */
  function route(name, parameter, ...guards) {
    const property = Object.getOwnPropertyDescriptor(Bank.prototype, name);
    for (const decorate of [Post(name), HttpCode(200), ...guards]) decorate(Bank.prototype, name, property);
    parameter(Bank.prototype, name, 0);
  }
  route('login', Req());
  route('transfers', Req(), StepUp(POLICY));
  route('orders', Body(), StepUp(POLICY, REPLAY));
  Controller()(Bank);
  class App {}
  Module({
    imports: [StepUpModule.forRoot({ ...options, identify: bySession })],
    controllers: [Bank],
  })(App);
  const app = await NestFactory.create(App, { logger: ['error'] });
  app.use(session({ secret: SECRET, resave: false, saveUninitialized: false }));
  await app.listen(0, '127.0.0.1');
  return app.getUrl();
}

/** Next.js on a plain server of Node's, as built from `next-app`, where the gate is. */
export async function nextApp() {
  const { default: next } = await import('next');
  const app = next({ dir: join(import.meta.dirname, 'next-app') });
  await app.prepare();
  process.env.ORIGIN = await onNode(app.getRequestHandler());
  return process.env.ORIGIN;
}
