import { beforeEach, describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';
import { createBrowser } from './desk-browser.ts';
import { createTenantClient, enrollPush } from './tenant-client.ts';

const emulator = createEmulator({
  users: [{ username: 'ada', password: 'correct-horse' }],
});
const client = createTenantClient(emulator);
beforeEach(() => emulator.reset());

const control = async (method: string, path: string, json?: unknown) => {
  const { status, body } = await client.call(method, `/_emulator${path}`, json === undefined ? {} : { json });
  return { status, body };
};
const grace = { username: 'grace', password: 'hopper' };
const signIn = (user = grace) => client.signIn(user);

describe('users', () => {
  it('come with claims and factors over the control API, in its own spelling', async () => {
    const created = await control('POST', '/users', {
      ...grace,
      sub: 'auth0|0042',
      email_verified: true,
      phone_number: '+15551234567',
      claims: { some_claim: { andItsMember: 1 } },
      factors: [{ factor: 'sms', phone_number: '+15557654321' }],
    });
    expect(created).toEqual({ status: 201, body: { username: 'grace', sub: 'auth0|0042' } });
    const { body } = await client.signIn({ ...grace, scope: 'openid phone' });
    const userinfo = await client.call('GET', '/userinfo', { bearer: String(body.access_token) });
    expect(userinfo.body).toMatchObject({
      some_claim: { andItsMember: 1 },
      phone_number: '+15551234567',
    });
    expect(emulator.phone('grace').view().authenticators).toHaveLength(3);
  });

  it('are changed, and keep what they enrolled', async () => {
    await enrollPush(emulator, client);
    expect(await control('PATCH', '/users/ada', { password: 'other', name: 'Ada' })).toMatchObject({
      status: 200,
    });
    expect(await client.signIn()).toMatchObject({ status: 403 });
    expect(await client.signIn({ password: 'other' })).toMatchObject({ status: 200 });
    expect(emulator.phone('ada').view().authenticators).toHaveLength(3);
    emulator.updateUser('ada', { factors: [{ factor: 'otp' }] });
    expect(emulator.phone('ada').view().authenticators).toHaveLength(1);
  });

  it('are removed with everything that belongs to them', async () => {
    await control('POST', '/users', grace);
    const { body } = await client.signIn({ ...grace, scope: 'openid offline_access' });
    const { body: mfa } = await client.signIn({ ...grace, scope: 'transfer:funds' });
    await client.associate(String(mfa.mfa_token), { authenticator_types: ['otp'] });
    expect(await control('DELETE', '/users/grace')).toEqual({ status: 200, body: {} });
    expect(await signIn()).toMatchObject({ status: 403 });
    const refreshed = await client.token({
      grant_type: 'refresh_token',
      refresh_token: String(body.refresh_token),
    });
    expect(refreshed.status).toBe(403);
    expect(await client.otp(String(mfa.mfa_token), '000000')).toMatchObject({ status: 403 });
    expect(await control('DELETE', '/users/grace')).toMatchObject({ status: 404 });
  });

  it('are reset one by one, without disturbing parallel tests', async () => {
    emulator.addUser(grace);
    emulator.enroll('grace', { factor: 'push' });
    await enrollPush(emulator, client);
    const browser = createBrowser(client);
    await browser.signIn();
    const other = createBrowser(client);
    const page = await other.authorize();
    await other.post(page, grace);
    await control('POST', '/users/ada/reset');
    expect(emulator.phone('ada').view().authenticators).toEqual([]);
    expect((await browser.authorize()).location).toMatch(/^\/u\/login/);
    expect((await other.authorize()).location).toMatch(/^http:\/\/localhost:3000/);
    expect(emulator.phone('grace').view().authenticators).toHaveLength(2);
    emulator.resetUser('grace');
    expect(emulator.phone('grace').view().authenticators).toEqual([]);
    expect(await signIn()).toMatchObject({ status: 200 });
  });

  it('have their own limits, which a reset restores', async () => {
    emulator.addUser(grace);
    for (let count = 0; count < 11; count += 1) await signIn({ ...grace, password: 'wrong' });
    expect(await signIn()).toMatchObject({ status: 429 });
    emulator.resetUser('grace');
    expect(await signIn()).toMatchObject({ status: 200 });
  });

  it.each([
    ['a misspelt member', { ...grace, emailverified: true }, 400, 'emailverified is unknown here'],
    ['a wrong factor', { ...grace, factors: [{ factor: 'fax' }] }, 400, 'factors[0].factor is one of'],
    ['no password', { username: 'grace' }, 400, 'needs a password'],
    ["another user's sub", { ...grace, sub: 'auth0|ada' }, 409, 'is that of ada'],
  ])('are refused with %s', async (_case, json, status, text) => {
    emulator.updateUser('ada', { sub: 'auth0|ada' });
    expect(await control('POST', '/users', json)).toMatchObject({
      status,
      body: { error_description: expect.stringContaining(text) },
    });
  });

  it('cannot change their name, which identifies them', async () => {
    expect(await control('PATCH', '/users/ada', { username: 'eve' })).toMatchObject({ status: 400 });
  });
});

describe('factors', () => {
  it('are enrolled and removed at once', async () => {
    const { status, body } = await control('POST', '/users/ada/factors', {
      factor: 'push',
      device: 'ABCDEFGHIJKLMNOP',
    });
    expect({ status, ids: body.ids }).toEqual({
      status: 201,
      ids: ['push|dev_ABCDEFGHIJKLMNOP', expect.stringMatching(/^totp\|dev_/)],
    });
    await client.challenge({ mfa_token: await client.mfaToken() });
    expect(emulator.phone('ada').notifications()).toHaveLength(1);
    expect(await control('DELETE', '/users/ada/factors/push%7Cdev_ABCDEFGHIJKLMNOP')).toMatchObject({
      status: 200,
    });
    expect(emulator.phone('ada').view()).toMatchObject({ authenticators: [], notifications: [] });
  });
});

describe('clients and APIs', () => {
  it('are added, replaced and removed while the tenant runs', async () => {
    const late = { client_id: 'late', client_secret: 'secret' };
    expect(await client.signIn(late)).toMatchObject({ status: 401 });
    expect(await control('POST', '/clients', { ...late, callback_urls: ['https://a.example/'] })).toEqual({
      status: 201,
      body: { ...late, callback_urls: ['https://a.example/'] },
    });
    const { body } = await client.signIn({ ...late, scope: 'openid offline_access' });
    await control('POST', '/clients', { ...late, client_secret: 'other' });
    expect(await client.signIn(late)).toMatchObject({ status: 401 });
    expect(await control('DELETE', '/clients/late')).toMatchObject({ status: 200 });
    emulator.addClient({ clientId: 'late', clientSecret: 'secret' });
    const refreshed = await client.token({
      ...late,
      grant_type: 'refresh_token',
      refresh_token: String(body.refresh_token),
    });
    expect(refreshed.status).toBe(403);
  });

  it('refuse a misspelt member: a client with `secret` is not a public one', async () => {
    const wrong = await control('POST', '/clients', { client_id: 'web', secret: 'x' });
    expect(wrong).toMatchObject({
      status: 400,
      body: { error_description: expect.stringMatching(/^secret is unknown here: there are clientId, name/) },
    });
    expect(() => createEmulator({ clients: [{ clientId: 'web', secret: 'x' } as never] })).toThrow(
      'clients[0].secret is unknown here',
    );
  });

  it('of APIs: an audience is valid as long as it exists', async () => {
    const api = { audience: 'https://late.example/', scopes: ['read:all'] };
    expect(await client.signIn({ audience: api.audience })).toMatchObject({ status: 403 });
    expect(await control('POST', '/apis', api)).toEqual({ status: 201, body: api });
    const { body } = await client.signIn({ audience: api.audience, scope: 'read:all write:all' });
    expect(body.scope).toBe('read:all');
    expect(await control('DELETE', `/apis/${encodeURIComponent(api.audience)}`)).toMatchObject({
      status: 200,
    });
    expect(await client.signIn({ audience: api.audience })).toMatchObject({ status: 403 });
  });

  it('come back with a reset', async () => {
    await control('DELETE', '/clients/stepgate-demo');
    expect(await client.signIn()).toMatchObject({ status: 401 });
    emulator.reset();
    expect(await client.signIn()).toMatchObject({ status: 200 });
  });
});
