// One app, in the runtime that runs this: `app.mjs <host> <store> <place of the store>`. Signs in whoever posts to
// `/login`, as the user of the environment's USER_JSON, and has two guarded routes: `/transfers`, and `/orders`, which
// keeps a refused form. Prints its address.
import { createServer } from 'node:http';
import { auth0, createMemoryStore, identifyByClaims, identifyBySession } from '@stepgate/server';

const [, , hostName, storeName, place] = process.argv;
const user = JSON.parse(process.env.USER_JSON);
const SECRET = 'a secret of at least 32 characters, for tests';
const POLICY = { maxAge: '5m' };
const REPLAY = { replay: true };

const STORES = {
  memory: () => createMemoryStore(),
  async sqlite() {
    const { createSqliteStore } = await import('@stepgate/sqlite');
    return createSqliteStore({ path: place });
  },
  async redis() {
    const [{ createClient }, { createRedisStore }] = await Promise.all([
      import('redis'),
      import('@stepgate/redis'),
    ]);
    return createRedisStore({ client: await createClient({ url: place }).connect() });
  },
  async postgres() {
    const { createPostgresStore } = await import('@stepgate/postgres');
    const store = createPostgresStore({ url: place });
    await store.migrate();
    return store;
  },
};

const options = {
  provider: auth0({
    issuer: user.issuer,
    clientId: 'stepgate-demo',
    clientSecret: 'stepgate-demo-secret',
    allowInsecureIssuer: true,
    mfaApi: { audience: 'https://bank.example/', scope: 'transfer:funds' },
  }),
  secret: SECRET,
  store: await STORES[storeName](),
  firstLeg: { refreshToken: () => user.refreshToken },
  testing: { timing: { pollIntervalMs: 100 }, random: () => 0 },
};
const bySession = identifyBySession({ subject: ({ user: signedIn }) => signedIn?.sub });
const resultOf = ({ approval }) => ({ factor: approval.factor });

const HOSTS = {
  async express() {
    const [{ default: express }, { default: session }, { createGate }] = await Promise.all([
      import('express'),
      import('express-session'),
      import('@stepgate/express'),
    ]);
    const app = express();
    const gate = createGate({ ...options, identify: bySession });
    app.use(session({ secret: SECRET, resave: false, saveUninitialized: false }));
    app.use(gate);
    app.use(express.json(), express.urlencoded({ extended: false }));
    app.post('/login', (req, res) => {
      req.session.user = { sub: user.sub };
      res.json({});
    });
    app.post('/transfers', gate.require(POLICY), (req, res) => res.json(resultOf(req.stepUp)));
    app.post('/orders', gate.require(POLICY, REPLAY), (req, res) => res.json({ to: req.body.to }));
    return onNode(createServer(app));
  },
  async koa() {
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
    return onNode(createServer(app.callback()));
  },
  async fastify() {
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
  },
  async hono() {
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
  },
  async nest() {
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
  },
};

async function onNode(server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${server.address().port}`;
}

/** The runtime's own server of web-standard requests. */
async function onFetch(fetch) {
  const place = { port: 0, hostname: '127.0.0.1' };
  const { Bun, Deno } = globalThis;
  // Bun cuts a connection that is idle for 10 seconds, unless it is told to wait.
  if (Bun) return Bun.serve({ ...place, fetch, idleTimeout: 120 }).url.origin;
  if (Deno) return `http://127.0.0.1:${Deno.serve({ ...place, onListen() {} }, fetch).addr.port}`;
  const { createAdaptorServer } = await import('@hono/node-server');
  return onNode(createAdaptorServer({ fetch }));
}

console.log(`app: ${await HOSTS[hostName]()}`);
