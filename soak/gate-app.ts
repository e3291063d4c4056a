// The app behind the gate, as a process that another one can replace at any time.
import type { AddressInfo } from 'node:net';
import { auth0, createGate } from '@stepgate/express';
import express, { type Request } from 'express';
import { openStoreOfProcess } from 'suites/stores/open-store.ts';

const { ISSUER = '', GATE_SECRET = '', CLIENT_SECRET = '' } = process.env;
const { TIMEOUT_MS, CHALLENGE_TTL_MS } = process.env;

const gate = createGate({
  provider: auth0({
    issuer: ISSUER,
    clientId: 'stepgate-demo',
    clientSecret: CLIENT_SECRET,
    mfaApi: { audience: 'https://bank.example/', scope: 'transfer:funds' },
    allowInsecureIssuer: true,
    // The lease is twice this, and five seconds.
    timeoutMs: Number(TIMEOUT_MS),
  }),
  secret: GATE_SECRET,
  identify: ({ headers }: Request) => ({ subject: String(headers['x-subject']), sessionId: 'login' }),
  firstLeg: { refreshToken: ({ request }) => String(request.headers['x-refresh-token']) },
  // The same users return all the time, and leave denied flows behind.
  capacity: { flowsPerSession: 10_000, flowsPerSubject: 10_000 },
  limits: {
    starts: false,
    pushes: false,
    messages: false,
    unapprovedPushes: false,
  },
  store: await openStoreOfProcess(),
  // The tenant refuses single users here. Other tests show what a budget does about refusals of all.
  tenantBudget: 1_000,
  testing: { timing: { pollIntervalMs: 2_000, resendAfterMs: 1, challengeTtlMs: Number(CHALLENGE_TTL_MS) } },
  onError: (error) => console.error(error),
});

const app = express();
app.use(gate);
app.post('/transfers', gate.require({ maxAge: 0 }), (req, res) => {
  process.send?.({ subject: req.headers['x-subject'], approval: req.stepUp?.approval.id });
  res.json({ approval: req.stepUp?.approval.id });
});

process.once('disconnect', () => process.exit());
const server = app.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
