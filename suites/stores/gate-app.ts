// A small app behind a gate, as a separate process: many of them serve the same users through one store. It makes a gate
// for every tenant that a request names, so that many tests can share a process.
import { flushCompileCache } from 'node:module';
import type { AddressInfo } from 'node:net';
import { auth0, createGate, type ExpressGate } from '@stepgate/express';
import express, { type Request } from 'express';
import { openStoreOfProcess } from './open-store.ts';
import { createTenantStore, type Death, type TenantStore } from './tenant-store.ts';
import { POLL_INTERVAL_MS, TIMEOUT_MS } from './timing.ts';

const { IS_DOOMED } = process.env;
const shared = await openStoreOfProcess();

/** A route for each policy that the tests need. */
const ROUTES = {
  '/transfers': { maxAge: '5m' },
  '/single': { maxAge: 0 },
  '/otp': { maxAge: 0, factors: ['otp'] },
  '/codes': { maxAge: 0, factors: ['otp', 'sms', 'recovery-code'] },
} as const;

interface Tenant {
  readonly gate: ExpressGate;
  readonly store: TenantStore;
  readonly guards: Readonly<Record<string, express.RequestHandler>>;
}

function createTenant(id: string, issuer: string, death: string | undefined): Tenant {
  const store = createTenantStore(shared, {
    prefix: id,
    death: death === undefined ? undefined : (JSON.parse(death) as Death),
    isDoomed: IS_DOOMED !== undefined,
    onWrite: () => process.send?.({ wrote: id }),
    onEnd: () => process.send?.({ ended: id }),
  });
  const gate = createGate({
    provider: auth0({
      issuer,
      clientId: 'stepgate-demo',
      clientSecret: 'stepgate-demo-secret',
      mfaApi: { audience: 'https://bank.example/', scope: 'transfer:funds' },
      allowInsecureIssuer: true,
      timeoutMs: TIMEOUT_MS,
      fetch: (input, init) => store.whileAlive(() => fetch(input, init)),
    }),
    secret: 'a secret of at least 32 characters, for tests',
    identify: (req: Request) => ({ subject: String(req.headers['x-subject']), sessionId: 'login' }),
    firstLeg: {
      refreshToken: ({ request }) => request.headers['x-refresh-token']?.toString(),
      password: { username: ({ request }) => String(request.headers['x-username']) },
    },
    enroll: 'session',
    store,
    testing: { timing: { pollIntervalMs: POLL_INTERVAL_MS, resendAfterMs: 1 }, random: () => 0 },
    onError: (error) => console.error(error),
  });
  const guards = Object.entries(ROUTES).map(([path, policy]) => [path, gate.require(policy)]);
  return { gate, store, guards: Object.fromEntries(guards) as Tenant['guards'] };
}

const tenants = new Map<string, Tenant>();

function tenantOf({ headers }: Request): Tenant {
  // The issuer is not unique: its port may have been another tenant's.
  const id = String(headers['x-tenant']);
  const death = headers['x-death']?.toString();
  const tenant = tenants.get(id) ?? createTenant(id, String(headers['x-issuer']), death);
  tenants.set(id, tenant);
  tenant.store.setAhead(Number(headers['x-ahead']));
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
// The test that started it is gone.
process.once('disconnect', () => process.exit());
const server = app.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
  // Now, since a process that is killed does not write its compiled modules to the cache.
  flushCompileCache();
});
