// The app on the hosts of Node's kind, each with a common way to sign in. Each function resolves to the address.
import { join } from 'node:path';
import { identifyBySession } from '@stepgate/server';
import { onNode } from './listen.mjs';
import { APP_BASE_PATH } from './next-app/app-base-path.js';
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

export async function nestOnExpress(options) {
  const { default: session } = await import('express-session');
  const app = await nestApp(options);
  app.use(session({ secret: SECRET, resave: false, saveUninitialized: false }));
  return listening(app);
}

export async function nestOnFastify(options) {
  const [{ FastifyAdapter }, { default: cookie }, { default: session }] = await Promise.all([
    import('@nestjs/platform-fastify'),
    import('@fastify/cookie'),
    import('@fastify/session'),
  ]);
  const app = await nestApp(options, new FastifyAdapter());
  await app.register(cookie);
  await app.register(session, { secret: SECRET, cookie: { secure: false } });
  return listening(app);
}

async function listening(app) {
  await app.listen(0, '127.0.0.1');
  return app.getUrl();
}

async function nestApp(options, adapter) {
  await import('reflect-metadata');
  const [{ Body, Controller, HttpCode, Module, Post, Req }, { NestFactory }, { StepUp, StepUpModule }] =
    await Promise.all([import('@nestjs/common'), import('@nestjs/core'), import('@stepgate/nest')]);
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
  const logger = ['error'];
  return adapter ? NestFactory.create(App, adapter, { logger }) : NestFactory.create(App, { logger });
}

/** Next.js on a plain server of Node's, as built from `next-app`, where the gate is, under the app's own base path. */
export async function nextApp() {
  const { default: next } = await import('next');
  const app = next({ dir: join(import.meta.dirname, 'next-app') });
  await app.prepare();
  process.env.ORIGIN = await onNode(app.getRequestHandler());
  return process.env.ORIGIN + APP_BASE_PATH;
}
