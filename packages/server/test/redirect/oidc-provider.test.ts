import { createManualClock } from 'suites/manual-clock.ts';
import {
  CLIENT_SECRET,
  createVisitor,
  type OidcLogin,
  startOidcLogin,
  type Visitor,
} from 'suites/oidc-login.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createGate, oidc, type RedirectSettings } from '../../src/index.ts';
import { createGateClient, type GateClient, SECRET, type TestNative } from '../support/gate-client.ts';
import { NAVIGATION, TRANSFER } from '../support/redirect-scene.ts';

let provider: OidcLogin;
let visitor: Visitor;
let clock: ReturnType<typeof createManualClock>;
let errors: unknown[];

beforeAll(async () => {
  provider = await startOidcLogin();
});
afterAll(() => provider.close());
beforeEach(() => {
  visitor = createVisitor();
  provider.answer({ accountId: 'auth0|ada', acr: 'gold', amr: ['pwd', 'mfa'] });
  clock = createManualClock();
  // The provider signs with the time of this machine.
  clock.advance(Date.now() - clock.now());
  errors = [];
});

function connect(redirect: Partial<RedirectSettings> = {}, clientId = 'app'): GateClient {
  const gate = createGate<TestNative>({
    provider: oidc({
      issuer: provider.issuer,
      clientId,
      clientSecret: CLIENT_SECRET,
      allowInsecureIssuer: true,
      redirect: { acr: ['gold'], origin: 'https://bank.example', ...redirect },
    }),
    secret: SECRET,
    identify: ({ identity }) => identity,
    onError: (error) => errors.push(error),
    testing: { clock, random: () => 0.5 },
  });
  return createGateClient({ gate, identity: { subject: 'auth0|ada', sessionId: 's' }, policy: TRANSFER });
}

/** The whole way, there and back. */
async function stepUp(client: GateClient): ReturnType<GateClient['view']> {
  await client.start();
  const view = await client.event({ type: 'factor.choose', authenticatorId: 'hosted' });
  const { pathname, search } = await visitor.visit(view.disclosure?.authorizationUrl ?? '');
  await client.send('GET', pathname + search, { headers: NAVIGATION });
  return client.view();
}

describe.each<[string, Partial<RedirectSettings>]>([
  ['by a pushed request', {}],
  ['by a request in the address', { par: 'off' }],
  ['with an essential claim', { ask: 'essential' }],
])('a gate at a standard OpenID provider, %s', (_how, redirect) => {
  it('grants the approval', async () => {
    const client = connect(redirect);
    expect(await stepUp(client)).toMatchObject({ state: 'approved' });
    expect(await client.isAllowed()).toBe(true);
    expect(errors).toEqual([]);
  });

  it('grants none to another user, though the provider lets them through', async () => {
    provider.answer({ accountId: 'auth0|bob', acr: 'gold', amr: ['pwd', 'mfa'] });
    const client = connect({ ...redirect, loginHint: (subject) => subject });
    expect(await stepUp(client)).toMatchObject({ state: 'failed', reason: 'subject_mismatch' });
    expect(await client.isAllowed()).toBe(false);
  });

  it('ends with the denial of the user', async () => {
    provider.answer({ error: 'access_denied' });
    expect(await stepUp(connect(redirect))).toMatchObject({ state: 'rejected', reason: 'rejected' });
  });
});

it('grants none for one factor', async () => {
  provider.answer({ accountId: 'auth0|ada', acr: 'urn:pwd', amr: ['pwd'] });
  const client = connect({ acrValues: [] });
  expect(await stepUp(client)).toMatchObject({ state: 'failed', reason: 'mfa_not_required' });
  expect(errors).toMatchObject([{ code: 'mfa_not_required' }]);
});
