import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { expect, it } from 'vitest';
import { multiFactor, startHttpsTenant } from './https-tenant.ts';

const { emulator, issuer } = await startHttpsTenant();
const callback = 'http://localhost:3000/callback';
const secret = 'stepgate-demo-secret';

it('openid-client signs in, steps up, renews, revokes and signs out', async () => {
  const config = await client.discovery(new URL(issuer), 'stepgate-demo', secret);
  const cookies = new Map<string, string>();

  async function signIn(params: Record<string, string>) {
    const pkceCodeVerifier = client.randomPKCECodeVerifier();
    const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
    const address = client.buildAuthorizationUrl(config, {
      redirect_uri: callback,
      scope: 'openid email offline_access',
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: expectedState,
      nonce: expectedNonce,
      ...params,
    });
    const { url } = await emulator.completeLogin(address.href, { cookies });
    const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
    return client.authorizationCodeGrant(config, new URL(url), checks);
  }

  const tokens = await signIn({});
  const claims = tokens.claims();
  expect(claims?.amr).toBeUndefined();
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims?.sub ?? '');
  expect(userinfo.email).toBe('ada@example.com');

  const steppedUp = (await signIn({ acr_values: multiFactor })).claims();
  expect(steppedUp).toMatchObject({ sub: claims?.sub, amr: ['mfa'], acr: multiFactor });

  const renewed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
  await client.tokenRevocation(config, renewed.refresh_token ?? '');
  await expect(client.refreshTokenGrant(config, renewed.refresh_token ?? '')).rejects.toMatchObject({
    error: 'invalid_grant',
  });

  const logout = client.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token ?? '',
    post_logout_redirect_uri: 'http://localhost:3000/bye',
  });
  const { status, headers } = await fetch(logout, { redirect: 'manual' });
  expect([status, headers.get('location')]).toEqual([302, 'http://localhost:3000/bye']);
});

it('openid-client pushes its request, and gets the details back that the user agreed to', async () => {
  emulator.configure({ par: 'on' });
  const config = await client.discovery(new URL(issuer), 'stepgate-demo', secret);
  const details = [{ type: 'money_transfer', amount: '250' }];
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const address = await client.buildAuthorizationUrlWithPAR(config, {
    redirect_uri: callback,
    scope: 'openid',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    authorization_details: JSON.stringify(details),
  });
  const { url } = await emulator.completeLogin(address.href);
  const tokens = await client.authorizationCodeGrant(config, new URL(url), { pkceCodeVerifier });
  expect(tokens.authorization_details).toEqual(details);
});

it('openid-client gets a token for a machine', async () => {
  const config = await client.discovery(new URL(issuer), 'stepgate-demo', secret);
  const tokens = await client.clientCredentialsGrant(config, { audience: 'https://bank.example/' });
  expect(tokens.scope).toBe('transfer:funds');
});

it('oauth4webapi signs in, steps up and signs out, by plain OAuth metadata', async () => {
  const url = new URL(issuer);
  const discovered = await oauth.discoveryRequest(url, { algorithm: 'oauth2' });
  const as = await oauth.processDiscoveryResponse(url, discovered);
  const self: oauth.Client = { client_id: 'stepgate-demo' };
  const auth = oauth.ClientSecretPost(secret);
  const cookies = new Map<string, string>();

  async function signIn(params: Record<string, string>) {
    const verifier = oauth.generateRandomCodeVerifier();
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
    const query = new URLSearchParams({
      client_id: self.client_id,
      response_type: 'code',
      redirect_uri: callback,
      scope: 'openid',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
      ...params,
    });
    const login = await emulator.completeLogin(`${as.authorization_endpoint}?${query}`, { cookies });
    const answer = oauth.validateAuthResponse(as, self, new URL(login.url), state);
    const response = await oauth.authorizationCodeGrantRequest(as, self, auth, answer, callback, verifier);
    const result = await oauth.processAuthorizationCodeResponse(as, self, response, {
      expectedNonce: nonce,
      requireIdToken: true,
      ...(params.max_age !== undefined && { maxAge: 60 }),
    });
    await oauth.validateApplicationLevelSignature(as, response);
    return oauth.getValidatedIdTokenClaims(result);
  }

  const claims = await signIn({});
  emulator.configure({ issParameter: true });
  expect(await signIn({ acr_values: multiFactor, max_age: '0' })).toMatchObject({
    sub: claims?.sub,
    amr: ['mfa'],
    auth_time: expect.any(Number),
  });
  const { status } = await fetch(`${as.end_session_endpoint}?client_id=stepgate-demo`, {
    redirect: 'manual',
  });
  expect(status).toBe(200);
});
