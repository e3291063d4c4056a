import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Auth0SignIn, type Auth0SignInOptions, createAuth0SignIn } from '../../src/index.ts';
import { type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts';

let server: ScriptedServer;

beforeAll(async () => {
  server = await startScriptedServer();
});
afterAll(() => server.close());

function connect(options: Partial<Auth0SignInOptions> = {}): Auth0SignIn {
  return createAuth0SignIn({
    issuer: server.url,
    clientId: 'client',
    clientSecret: 'client-secret',
    allowInsecureIssuer: true,
    audience: 'https://bank.example/',
    scope: 'transfer:funds',
    ...options,
  });
}

const MFA_REQUIRED = { error: 'mfa_required', error_description: 'Required', mfa_token: 'Fe26.2**t' };
const form = (): Record<string, string> => Object.fromEntries(new URLSearchParams(server.request.body));

describe('the first leg by password', () => {
  it('requests the step-up scope, always with openid', async () => {
    server.answer({ status: 403, body: MFA_REQUIRED });
    await connect().password({ username: 'ada', password: 'correct horse & more' });
    expect(server.request).toMatchObject({ method: 'POST', url: '/oauth/token' });
    expect(server.request.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
    expect(server.request.headers['auth0-forwarded-for']).toBeUndefined();
    expect(form()).toEqual({
      grant_type: 'password',
      username: 'ada',
      password: 'correct horse & more',
      scope: 'openid transfer:funds',
      audience: 'https://bank.example/',
      client_id: 'client',
      client_secret: 'client-secret',
    });
  });

  it('names the connection when one is configured', async () => {
    server.answer({ status: 403, body: MFA_REQUIRED });
    await connect({ realm: 'employees' }).password({ username: 'ada', password: 'x' });
    expect(form()).toMatchObject({
      grant_type: 'http://auth0.com/oauth/grant-type/password-realm',
      realm: 'employees',
    });
  });

  it.each([
    { client: 'with a secret', credentials: { clientSecret: 'client-secret' }, sent: '203.0.113.7' },
    {
      client: 'with an assertion',
      credentials: { clientAssertion: async () => 'signed' },
      sent: '203.0.113.7',
    },
    { client: 'that is public, whom Auth0 would not believe', credentials: {}, sent: undefined },
  ])("sends the end user's address as $sent from a client $client", async ({ credentials, sent }) => {
    server.answer({ status: 403, body: MFA_REQUIRED });
    const signIn = createAuth0SignIn({
      issuer: server.url,
      clientId: 'client',
      allowInsecureIssuer: true,
      ...credentials,
    });
    await signIn.password({ username: 'ada', password: 'x', ip: '203.0.113.7' });
    expect(server.request.headers['auth0-forwarded-for']).toBe(sent);
  });
});

describe('the first leg by refresh token', () => {
  it('requests the step-up scope, always with openid', async () => {
    server.answer({ status: 403, body: MFA_REQUIRED });
    await connect({ scope: 'openid  profile openid' }).refreshToken({ refreshToken: 'refresh' });
    expect(form()).toMatchObject({
      grant_type: 'refresh_token',
      refresh_token: 'refresh',
      scope: 'openid profile',
      audience: 'https://bank.example/',
    });
  });

  it('requests openid when no scope is configured', async () => {
    server.answer({ status: 403, body: MFA_REQUIRED });
    await createAuth0SignIn({
      issuer: server.url,
      clientId: 'public',
      allowInsecureIssuer: true,
    }).refreshToken({ refreshToken: 'refresh' });
    expect(form()).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'refresh',
      scope: 'openid',
      client_id: 'public',
    });
  });

  it('returns tokens as signed_in, with a rotated refresh token, and never as an approval', async () => {
    server.answer({
      status: 200,
      body: { access_token: 'access', token_type: 'Bearer', refresh_token: 'rotated', id_token: 'id' },
    });
    expect(await connect().refreshToken({ refreshToken: 'refresh' })).toEqual({
      status: 'signed_in',
      tokens: { accessToken: 'access', tokenType: 'Bearer', refreshToken: 'rotated', idToken: 'id' },
    });
  });
});

describe.each([400, 401, 403, 200])('mfa_required with status %i (C3)', (status) => {
  it('returns the token and the requirements', async () => {
    server.answer({
      status,
      body: { ...MFA_REQUIRED, mfa_requirements: { challenge: [{ type: 'push-notification' }] }, later: 1 },
    });
    expect(await connect().refreshToken({ refreshToken: 'refresh' })).toEqual({
      status: 'mfa_required',
      mfaToken: 'Fe26.2**t',
      requirements: { challenge: ['push'] },
    });
  });

  it.each([undefined, '', null, 7])('requires a new sign-in when its token is %j', async (token) => {
    server.answer({ status, body: { ...MFA_REQUIRED, mfa_token: token } });
    await expect(connect().refreshToken({ refreshToken: 'refresh' })).rejects.toMatchObject({
      code: 'login_required',
      status: 401,
    });
  });
});
