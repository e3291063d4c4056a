import { beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator } from '../src/index.ts';
import { createBrowser } from './desk-browser.ts';
import { createTenantClient, enrollPush, startPush, stepUp, type TenantClient } from './tenant-client.ts';

let emulator: Emulator;
let client: TenantClient;
beforeEach(() => {
  emulator = createEmulator();
  client = createTenantClient(emulator);
});

const types = (): string[] => emulator.logEvents.map(({ type }) => type);
const events = (type: string) => emulator.logEvents.filter((event) => event.type === type);

async function managementToken(scope = 'read:logs'): Promise<string> {
  const audience = `${emulator.issuer}api/v2/`;
  const { body } = await client.token({ grant_type: 'client_credentials', audience, scope });
  return String(body.access_token);
}

describe('the log', () => {
  it('records an enrolment and a push that is approved', async () => {
    await enrollPush(emulator, client);
    expect(types()).toEqual(['mfar', 'gd_start_enroll', 'gd_enrollment_complete', 'seoobft']);
    emulator.reset();
    emulator.enroll('ada', { factor: 'push' });
    const { mfaToken, oobCode } = await startPush(client);
    await client.oob(mfaToken, oobCode);
    emulator.phone('ada').approve();
    await client.oob(mfaToken, oobCode);
    expect(types()).toEqual(['mfar', 'gd_start_auth', 'gd_send_pn', 'gd_auth_succeed', 'seoobft']);
  });

  it('records a push that is denied', async () => {
    emulator.enroll('ada', { factor: 'push' });
    const { mfaToken, oobCode } = await startPush(client);
    emulator.phone('ada').deny();
    await client.oob(mfaToken, oobCode);
    expect(types().slice(-2)).toEqual(['gd_auth_rejected', 'feoobft']);
    expect(events('feoobft')).toMatchObject([
      { description: 'MFA Authorization rejected.', user_name: 'ada' },
    ]);
  });

  it('has the fields of the tenant', async () => {
    emulator.enroll('ada', { factor: 'push' });
    const headers = { 'auth0-forwarded-for': '203.0.113.7', 'user-agent': 'Bank/1.0 (Android)' };
    const form = {
      grant_type: 'password',
      client_id: 'stepgate-demo',
      client_secret: 'stepgate-demo-secret',
      username: 'ada',
      password: 'correct-horse',
      scope: stepUp,
    };
    const { body } = await client.call('POST', '/oauth/token', { form, headers });
    await client.challenge({ mfa_token: body.mfa_token });
    const [sent] = events('gd_send_pn');
    expect(sent).toMatchObject({
      date: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      description: 'Guardian - Push notification sent',
      client_id: 'stepgate-demo',
      client_name: 'Demo app with a server',
      connection: 'Username-Password-Authentication',
      strategy: 'auth0',
      strategy_type: 'database',
      user_id: emulator.users()[0]?.sub,
      user_name: 'ada',
      ip: '203.0.113.7',
      user_agent: 'Bank/1.0 (Android)',
      isMobile: true,
      hostname: '127.0.0.1:4400',
      audience: 'https://bank.example/',
      scope: stepUp,
      log_id: expect.stringMatching(/^900\d{53}$/),
      details: {
        request: { auth: { user: { email: 'ada@example.com' } } },
        authenticator: { type: 'push-notification' },
      },
    });
    expect(sent?._id).toBe(sent?.log_id);
  });

  it.each([
    ['a wrong password', { password: 'guess' }, ['fp', 'fepft']],
    ['an unknown name', { username: 'nobody' }, ['fu', 'fepft']],
    ['a wrong secret', { client_secret: 'guess' }, ['fepft']],
    ['a password that is enough', { scope: 'openid' }, ['sepft']],
  ])('records %s', async (_case, params, expected) => {
    await client.signIn(params);
    expect(types()).toEqual(expected);
    expect(JSON.stringify(emulator.logEvents)).not.toMatch(/guess|correct-horse|secret/);
  });

  it('records refresh tokens, valid and invalid, and their end', async () => {
    const { body } = await client.signIn({ scope: 'openid offline_access' });
    const refresh = (token: unknown) =>
      client.token({ grant_type: 'refresh_token', refresh_token: String(token) });
    const renewed = await refresh(body.refresh_token);
    await refresh('none');
    const form = { client_id: 'stepgate-demo', client_secret: 'stepgate-demo-secret' };
    await client.call('POST', '/oauth/revoke', {
      form: { ...form, token: String(renewed.body.refresh_token) },
    });
    expect(types()).toEqual(['sepft', 'sertft', 'fertft', 'srrt']);
  });

  it('records wrong codes and recovery codes', async () => {
    const code = 'ABCDEFGHIJKLMNOPQRSTUVWX';
    emulator.enroll('ada', { factor: 'otp' });
    emulator.enroll('ada', { factor: 'recovery-code', code });
    await client.otp(await client.mfaToken(), '000000');
    await client.recoveryCode(await client.mfaToken(), 'WRONG');
    await client.recoveryCode(await client.mfaToken(), code);
    await client.otp(await client.mfaToken(), emulator.phone('ada').codes()[0]?.code ?? '');
    expect(types().filter((type) => type !== 'mfar')).toEqual([
      'gd_auth_failed',
      'feotpft',
      'gd_recovery_failed',
      'fercft',
      'gd_recovery_succeed',
      'sercft',
      'gd_auth_succeed',
      'seotpft',
    ]);
    expect(JSON.stringify(emulator.logEvents)).not.toContain(code);
  });

  it('records a login on the page, its exchange, a silent one and the logout', async () => {
    const browser = createBrowser(client);
    const code = await browser.code();
    await client.token({
      grant_type: 'authorization_code',
      code,
      redirect_uri: 'http://localhost:3000/callback',
    });
    await browser.authorize({ prompt: 'none' });
    await browser.call('GET', '/v2/logout');
    await browser.authorize({ prompt: 'none' });
    expect(types()).toEqual(['s', 'feacft', 'ssa', 'slo', 'fsa']);
    expect(events('slo')).toMatchObject([{ user_name: 'ada' }]);
    const cancelled = await browser.authorize();
    await browser.post(cancelled, {}, '/u/cancel');
    expect(types().at(-1)).toBe('f');
  });

  it('is emptied by a reset, and gives no id twice', async () => {
    await client.signIn({ scope: 'openid' });
    const [first] = emulator.logEvents;
    emulator.reset();
    expect(emulator.logEvents).toEqual([]);
    await client.signIn({ scope: 'openid' });
    expect(emulator.logEvents[0]?.log_id).not.toBe(first?.log_id);
  });
});

describe('GET /api/v2/logs', () => {
  const logs = async (query: string, scope?: string) =>
    client.call('GET', `/api/v2/logs${query}`, { bearer: await managementToken(scope) });

  it('lists the newest first, and requires its own scope', async () => {
    await client.signIn({ scope: 'openid' });
    expect(await logs('', 'read:users')).toMatchObject({ status: 403 });
    const { body } = await logs('?per_page=2');
    expect(body).toMatchObject([{ type: 'seccft' }, { type: 'seccft' }]);
    expect((await logs('?sort=date:1&fields=type&per_page=1')).body).toMatchObject([{ type: 'sepft' }]);
  });

  it('finds by type, user and client, and counts', async () => {
    await client.signIn({ scope: 'openid' });
    await client.signIn({ password: 'guess' });
    const found = await logs(
      `?q=${encodeURIComponent('type:(fp OR fepft) AND user_name:"ada"')}&include_totals=true`,
    );
    expect((await logs('?search=user_name:AD&per_page=1')).body).toMatchObject([{ type: 'fepft' }]);
    expect((await logs('?search=nobody')).body).toEqual([]);
    expect(found.body).toMatchObject({ start: 0, total: 2, logs: [{ type: 'fepft' }, { type: 'fp' }] });
  });

  it('continues from a checkpoint, oldest first', async () => {
    await client.signIn({ password: 'guess' });
    const [first] = emulator.logEvents;
    const { body } = await logs(`?from=${first?.log_id}&take=1`);
    expect(body).toMatchObject([{ type: 'fepft' }]);
    const one = await client.call('GET', `/api/v2/logs/${first?.log_id}`, {
      bearer: await managementToken(),
    });
    expect(one.body).toMatchObject({ type: 'fp' });
    expect(await logs('/900')).toMatchObject({ status: 404 });
  });

  it('refuses invalid pages', async () => {
    expect(await logs('?per_page=1000')).toMatchObject({ status: 400 });
    expect(await logs('?page=x')).toMatchObject({ status: 400 });
  });
});

it('records changes through the Management API, and no reads', async () => {
  const bearer = await managementToken('create:users');
  const json = {
    connection: 'Username-Password-Authentication',
    email: 'grace@navy.example',
    password: 'hopper',
  };
  await client.call('POST', '/api/v2/users', { bearer, json });
  await client.call('POST', '/api/v2/users', { bearer, json });
  await client.call('GET', '/api/v2/users', { bearer });
  await client.call('DELETE', '/api/v2/users/auth0|1', { bearer: 'none' });
  expect(types()).toEqual(['seccft', 'sapi', 'fapi', 'fapi']);
  expect(events('sapi')).toMatchObject([
    {
      client_id: 'stepgate-demo',
      details: { request: { method: 'post', path: '/api/v2/users' }, response: { statusCode: 201 } },
    },
  ]);
  expect(JSON.stringify(emulator.logEvents)).not.toContain('hopper');
});

it('names the tenant', async () => {
  const blue = emulator.tenant('blue');
  const form = { grant_type: 'password', username: 'ada', password: 'guess' };
  const credentials = { client_id: 'stepgate-demo', client_secret: 'stepgate-demo-secret' };
  await client.call('POST', '/t/blue/oauth/token', { form: { ...credentials, ...form } });
  await client.signIn({ password: 'guess' });
  expect(blue.logEvents[0]).toMatchObject({ tenant_name: 'blue', hostname: '127.0.0.1:4400' });
  expect(emulator.logEvents[0]).toMatchObject({ tenant_name: 'emulator' });
  const cloud = createEmulator({ issuer: 'https://acme.eu.auth0.com/' });
  await createTenantClient(cloud).signIn({ password: 'guess' });
  expect(cloud.logEvents[0]).toMatchObject({ tenant_name: 'acme', hostname: 'acme.eu.auth0.com' });
});

it('a code is exchanged under its own name', async () => {
  const browser = createBrowser(client);
  const code = await browser.code({ code_challenge: undefined, code_challenge_method: undefined });
  await client.token({
    grant_type: 'authorization_code',
    code,
    redirect_uri: 'http://localhost:3000/callback',
  });
  expect(types()).toEqual(['s', 'seacft']);
});
