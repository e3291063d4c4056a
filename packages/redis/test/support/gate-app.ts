// A small app behind a gate, as a process of its own: many of them serve the same users over one Redis. For every
// tenant that a request names it makes a gate, so that many tests share a process.
import type { AddressInfo } from 'node:net';
import { createGate, type ExpressGate } from '@stepgate/express';
import { createRedisStore } from '@stepgate/redis';
import type { Store } from '@stepgate/server';
import express, { type Request } from 'express';

const { REDIS_URL = '', KILL_AT, KILL_WHEN, KILL_COUNTS } = process.env;
let writes = 0;

/** Handles are digests: everything else in the store has a name with a colon or a dot. */
function counts(key: string): boolean {
  return KILL_COUNTS === 'all' || /^[\w-]{43}$/.test(key);
}

/** A store that takes the process down at its n-th write, before or after it. */
function deadly(store: Store): Store {
  if (KILL_AT === undefined) return store;
  return {
    ...store,
    async write(key, value, options) {
      if (!counts(key)) return store.write(key, value, options);
      writes += 1;
      const isLast = writes === Number(KILL_AT);
      if (isLast && KILL_WHEN === 'before') process.kill(process.pid, 'SIGKILL');
      const written = await store.write(key, value, options);
      if (isLast) process.kill(process.pid, 'SIGKILL');
      return written;
    },
  };
}

/** A route for each policy that the tests need. */
const ROUTES = {
  '/transfers': { maxAge: '5m' },
  '/single': { maxAge: 0 },
  '/otp': { maxAge: 0, factors: ['otp'] },
} as const;

interface Tenant {
  readonly gate: ExpressGate;
  readonly guards: Readonly<Record<string, express.RequestHandler>>;
}

function createTenant(id: string, issuer: string): Tenant {
  const gate = createGate({
    auth0: {
      issuer,
      clientId: 'stepgate-demo',
      clientSecret: 'stepgate-demo-secret',
      audience: 'https://bank.example/',
      scope: 'transfer:funds',
      allowInsecureIssuer: true,
      // The lease is twice this and five seconds.
      timeoutMs: 1_000,
    },
    secret: 'a secret of at least 32 characters, for tests',
    identify: (req: Request) => ({ subject: String(req.headers['x-subject']), sessionId: 'login' }),
    firstLeg: { refreshToken: ({ request }) => String(request.headers['x-refresh-token']) },
    enroll: 'session',
    store: deadly(createRedisStore({ url: REDIS_URL, prefix: `${id}:` })),
    timing: { pollIntervalMs: 400, resendAfterMs: 1 },
    random: () => 0,
    onError: (error) => console.error(error),
  });
  const guards = Object.entries(ROUTES).map(([path, policy]) => [path, gate.require(policy)]);
  return { gate, guards: Object.fromEntries(guards) as Tenant['guards'] };
}

const tenants = new Map<string, Tenant>();

function tenantOf(req: Request): Tenant {
  // Not by the issuer: its port may have been another tenant's.
  const id = String(req.headers['x-tenant']);
  const tenant = tenants.get(id) ?? createTenant(id, String(req.headers['x-issuer']));
  tenants.set(id, tenant);
  return tenant;
}

const app = express();
app.use((req, res, next) => tenantOf(req).gate(req, res, next));
app.post(
  Object.keys(ROUTES),
  (req, res, next) => tenantOf(req).guards[req.path]?.(req, res, next),
  (req, res) => {
    process.send?.({ ran: req.headers['x-tenant'] });
    res.json({ approval: req.stepUp?.approval.id });
  },
);

process.on('message', (message) => {
  if (message !== 'close') return;
  const closing = [...tenants.values()].map(({ gate }) => gate.close());
  void Promise.all(closing).then(() => process.send?.({ closed: true }));
});
const server = app.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
