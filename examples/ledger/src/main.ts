import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAuth0SignIn } from '@stepgate/core';
import { createEmulator } from '@stepgate/emulator';
import type { Express } from 'express';
import { decodeJwt } from 'jose';
import { type Customer, createBank } from './bank.ts';
import { createLedger } from './ledger.ts';

const USER = { username: 'ada', password: 'correct-horse' };
const JSON_TYPE = { 'content-type': 'application/json' };

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

async function post(
  url: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...JSON_TYPE, ...headers },
    body: JSON.stringify(body),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Answer['body'],
  };
}

/** Where a server will be, before it is there: the bank and the ledger must know each other's address. */
async function listen(): Promise<{ readonly url: string; serve(app: Express): void; close(): void }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve: (app) => void server.on('request', app),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const emulator = createEmulator({ users: [USER] });
const tenantServer = await emulator.listen();
emulator.enroll(USER.username, { factor: 'push' });
const tenant = {
  issuer: tenantServer.url,
  clientId: 'stepgate-demo',
  clientSecret: 'stepgate-demo-secret',
  // The emulator on this machine speaks plain http. A real tenant never does.
  allowInsecureIssuer: true,
};

async function signIn(): Promise<Customer> {
  const result = await createAuth0SignIn({ ...tenant, scope: 'openid offline_access' }).password(USER);
  if (result.status !== 'signed_in') throw new Error('the tenant asked for a second factor at the sign-in');
  const { idToken = '', refreshToken = '' } = result.tokens;
  return { subject: decodeJwt(idToken).sub ?? '', refreshToken };
}

const [bank, ledger] = [await listen(), await listen()];
ledger.serve(createLedger(`${bank.url}/step-up`));
bank.serve(
  createBank({
    tenant: { ...tenant, mfaApi: { audience: 'https://bank.example/', scope: 'transfer:funds' } },
    secret: randomBytes(32).toString('base64url'),
    customer: await signIn(),
    ledgerUrl: ledger.url,
  }),
);

const transfer = { to: 'Grace', amount: 250 };
const refused = await post(`${bank.url}/transfers`, transfer);
const { step_up, action } = refused.body as {
  readonly step_up: { readonly requirement: string };
  readonly action: { readonly details: string };
};
console.log(`${refused.status} The bank asks for an approval of:\n${action.details}\n`);

// A client without cookies gets its handle in a header.
const started = await post(
  `${bank.url}/step-up/flow`,
  { requirement: step_up.requirement },
  { 'stepgate-handle': 'new' },
);
const handle = { 'stepgate-handle': started.headers.get('stepgate-handle') ?? '' };
emulator.phone(USER.username).approve();
for (let state = started.body.state; state !== 'approved'; ) {
  const wait = { ...handle, prefer: 'wait=5', 'if-none-match': '"0"' };
  const view = await fetch(`${bank.url}/step-up/flow`, { headers: wait });
  ({ state } = (await view.json()) as { state: unknown });
  if (state !== 'approved') await new Promise((resolve) => setTimeout(resolve, 500));
}
console.log('The owner has approved it on the phone.\n');

const changed = await post(`${bank.url}/transfers`, { ...transfer, amount: 9_999 }, handle);
console.log(`${changed.status} The bank refuses 9999 EUR: that is not what was approved.`);

const done = await post(`${bank.url}/transfers`, transfer, handle);
console.log(`${done.status} The bank takes 250 EUR to the ledger: ${JSON.stringify(done.body.ledger)}\n`);

const receipt = String(done.body.receipt);
console.log('The receipt says:', decodeJwt(receipt), '\n');

const book = (body: object): Promise<Answer> =>
  post(`${ledger.url}/bookings`, body, { 'step-up-receipt': receipt });
const other = await book({ ...transfer, to: 'Mallory' });
console.log(`${other.status} The ledger refuses the same receipt for Mallory: ${String(other.body.error)}.`);
const again = await book(transfer);
console.log(
  `${again.status} The ledger refuses the same receipt a second time: ${String(again.body.error)}.`,
);

bank.close();
ledger.close();
await tenantServer.close();
