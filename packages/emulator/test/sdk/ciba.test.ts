import { AuthClient } from '@auth0/auth0-auth-js';
import * as client from 'openid-client';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Dialect } from '../../src/index.ts';

const details = [{ type: 'money_transfer', amount: '250', to: 'Grace' }];
const fast = { cibaIntervalMs: 20 };
const emulator = createEmulator({
  issuer: 'https://tenant.test/',
  users: [{ username: 'ada', password: 'correct-horse', factors: [{ factor: 'push' }] }],
  ...fast,
});
const phone = emulator.phone('ada');
const sub = emulator.users()[0]?.sub ?? '';
const toTenant: typeof fetch = (input, init) => emulator.handle(new Request(input, init));

beforeEach(() => emulator.reset());

/** Both sides of each choice that these clients can live with. */
const dialects: readonly [string, Partial<Dialect>][] = [
  ['Auth0', {}],
  [
    'the standard',
    {
      cibaSlowDownStatus: 400,
      cibaExpiry: 'expired_token',
      cibaIdForm: 'jwt',
      cibaIdTokenClaims: 'auth_time',
    },
  ],
];

describe.each(dialects)('the backchannel calls of auth0-auth-js in the dialect of %s', (_name, dialect) => {
  const sdk = new AuthClient({
    domain: 'tenant.test',
    clientId: 'stepgate-demo',
    clientSecret: 'stepgate-demo-secret',
    customFetch: toTenant,
  });
  beforeEach(() => emulator.configure({ dialect }));

  it('wait until the phone has approved', async () => {
    const tokens = sdk.backchannelAuthentication({
      bindingMessage: 'K7QM-Transfer',
      loginHint: { sub },
      requestedExpiry: 120,
      authorizationDetails: details,
      authorizationParams: { audience: 'https://bank.example/' },
    });
    expect(await phone.nextNotification()).toMatchObject({ message: 'K7QM-Transfer', details });
    phone.approve();
    const { claims, authorizationDetails, refreshToken } = await tokens;
    expect(claims?.sub).toBe(sub);
    expect(authorizationDetails).toEqual(details);
    // The SDK asks for offline access by itself.
    expect(refreshToken).toMatch(/^v1\./);
  });

  it('end with a denial, and an expiry', async () => {
    const options = { bindingMessage: 'K7QM', loginHint: { sub } };
    const denied = sdk.backchannelAuthentication(options);
    await phone.nextNotification();
    phone.deny();
    await expect(denied).rejects.toMatchObject({ cause: { error: 'access_denied' } });
    const { authReqId } = await sdk.initiateBackchannelAuthentication(options);
    emulator.clock.advance(300_000);
    await expect(sdk.backchannelAuthenticationGrant({ authReqId })).rejects.toMatchObject({
      cause: { error: dialect.cibaExpiry ?? 'access_denied' },
    });
  });

  it('are refused for a message that does not fit', async () => {
    const options = { bindingMessage: 'Pay 10 EUR', loginHint: { sub } };
    await expect(sdk.initiateBackchannelAuthentication(options)).rejects.toMatchObject({
      cause: { error: 'invalid_request' },
    });
  });
});

describe.each(dialects)('openid-client in the dialect of %s', (_name, dialect) => {
  beforeEach(() => emulator.configure({ dialect }));

  async function start() {
    const config = await client.discovery(
      new URL(emulator.issuer),
      'stepgate-demo',
      'stepgate-demo-secret',
      client.ClientSecretBasic('stepgate-demo-secret'),
      { [client.customFetch]: (url, options) => toTenant(url, options as RequestInit) },
    );
    const started = await client.initiateBackchannelAuthentication(config, {
      scope: 'openid',
      binding_message: 'K7QM-Transfer',
      login_hint: JSON.stringify({ format: 'iss_sub', iss: emulator.issuer, sub }),
    });
    return { config, started };
  }

  it('polls until the phone has approved, and checks the token', async () => {
    const { config, started } = await start();
    const tokens = client.pollBackchannelAuthenticationGrant(config, started);
    phone.approve();
    expect((await tokens).claims()).toMatchObject({ sub, iss: emulator.issuer, aud: 'stepgate-demo' });
  });

  it('reports a denial', async () => {
    const { config, started } = await start();
    phone.deny();
    await expect(client.pollBackchannelAuthenticationGrant(config, started)).rejects.toMatchObject({
      error: 'access_denied',
    });
  });
});
