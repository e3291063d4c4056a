import { beforeEach, describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';
import { createBrowser } from './desk-browser.ts';
import { createTenantClient, enrollPush } from './tenant-client.ts';

const emulator = createEmulator();
const client = createTenantClient(emulator);
const phone = emulator.phone('ada');
const ada = encodeURIComponent(emulator.users()[0]?.sub ?? '');
beforeEach(() => emulator.reset());

async function token(params: Record<string, string> = {}): Promise<string> {
  const audience = `${emulator.issuer}api/v2/`;
  const { body } = await client.token({ grant_type: 'client_credentials', audience, ...params });
  return String(body.access_token);
}

async function call(method: string, path: string, json?: unknown) {
  const options = { bearer: await token(), ...(json !== undefined && { json }) };
  const { status, body } = await client.call(method, `/api/v2${path}`, options);
  return { status, body };
}

describe('the Management API', () => {
  it('requires a token for it, with the scope of the call', async () => {
    const none = await client.call('GET', '/api/v2/users');
    expect(none).toMatchObject({ status: 401, body: { statusCode: 401, error: 'Unauthorized' } });
    const { body } = await client.signIn();
    const other = await client.call('GET', '/api/v2/users', { bearer: String(body.access_token) });
    expect(other).toMatchObject({ status: 401, body: { message: 'Invalid token' } });
    const narrow = await client.call('GET', '/api/v2/users', {
      bearer: await token({ scope: 'read:guardian_factors' }),
    });
    expect(narrow).toMatchObject({
      status: 403,
      body: {
        errorCode: 'insufficient_scope',
        message: 'Insufficient scope, expected any of: read:users',
      },
    });
  });

  it.each([
    ['another site', 'https://evil.example', 403],
    ['a name that was re-pointed here', 'http://evil.example:4400', 403],
    ['an opaque origin', 'null', 403],
    ['an app on this machine', 'http://localhost:3000', 200],
    ['a host that was named', 'http://10.0.2.2:3000', 200],
  ])('answers a page of %s with the right status', async (_case, origin, status) => {
    const named = createEmulator({ controlHosts: ['10.0.2.2'] });
    const there = createTenantClient(named);
    const { body } = await there.token({
      grant_type: 'client_credentials',
      audience: `${named.issuer}api/v2/`,
    });
    const options = { bearer: String(body.access_token), headers: { origin } };

    expect(await there.call('GET', '/api/v2/users', options)).toMatchObject({ status });
    expect(await there.call('GET', '/api/v2/log-streams', options)).toMatchObject({ status });
  });

  it('lists, finds, adds, changes and removes users', async () => {
    const created = await call('POST', '/users', {
      connection: 'Username-Password-Authentication',
      email: 'grace@navy.example',
      password: 'hopper',
      user_id: '0042',
    });
    expect(created).toMatchObject({
      status: 201,
      body: { user_id: 'auth0|0042', email: 'grace@navy.example', multifactor: [] },
    });
    expect(await client.signIn({ username: 'grace@navy.example', password: 'hopper' })).toMatchObject({
      status: 200,
    });
    const found = await call('GET', '/users-by-email?email=grace%40navy.example');
    expect(found.body).toMatchObject([{ user_id: 'auth0|0042' }]);
    expect((await call('GET', '/users?include_totals=true')).body).toMatchObject({ total: 2 });
    await call('PATCH', '/users/auth0%7C0042', { name: 'Grace' });
    expect((await call('GET', '/users/auth0%7C0042')).body.name).toBe('Grace');
    expect(await call('DELETE', '/users/auth0%7C0042')).toMatchObject({ status: 204 });
    expect(await call('GET', '/users/auth0%7C0042')).toMatchObject({
      status: 404,
      body: { errorCode: 'inexistent_user' },
    });
  });

  it('refuses an existing user, and members that it does not keep', async () => {
    const user = { connection: 'Username-Password-Authentication', username: 'ada', password: 'x' };
    expect(await call('POST', '/users', user)).toMatchObject({ status: 409 });
    expect(await call('PATCH', `/users/${ada}`, { app_metadata: {} })).toMatchObject({
      status: 400,
      body: { message: 'The emulator keeps no app_metadata of users' },
    });
  });
});

describe('authentication methods', () => {
  it('show what a user has enrolled, and go together', async () => {
    await enrollPush(emulator, client);
    emulator.enroll('ada', { factor: 'sms', phoneNumber: '+15551234567' });
    const { body } = await call('GET', `/users/${ada}/authentication-methods`);
    const [push, totp] = body as unknown as { id: string; link_id: string }[];
    expect(body).toMatchObject([
      { type: 'push', confirmed: true, name: "ada's phone", link_id: totp?.id },
      { type: 'totp', confirmed: true, link_id: push?.id },
      { type: 'recovery-code', confirmed: true },
      {
        type: 'phone',
        phone_number: '+15551234567',
        preferred_authentication_method: 'sms',
        authentication_methods: [{ type: 'sms' }, { type: 'voice' }],
      },
    ]);
    const one = await call(
      'GET',
      `/users/${ada}/authentication-methods/${encodeURIComponent(push?.id ?? '')}`,
    );
    expect(one.body).toMatchObject({ type: 'push', enrolled_at: expect.any(String) });
    await call('DELETE', `/users/${ada}/authentication-methods/${encodeURIComponent(push?.id ?? '')}`);
    expect(phone.view().authenticators.map(({ id }) => String(id).split('|')[0])).toEqual([
      'recovery-code',
      'sms',
      'voice',
    ]);
    expect(await call('DELETE', `/users/${ada}/authentication-methods`)).toMatchObject({ status: 204 });
    expect(phone.view().authenticators).toEqual([]);
  });

  it('are added by an operator, for a user who cannot do it', async () => {
    for (const [json, factor] of [
      [{ type: 'phone', phone_number: '+15551234567' }, 'sms'],
      [{ type: 'email', email: 'a@b.example' }, 'email'],
      [{ type: 'totp', totp_secret: 'JBSWY3DPEHPK3PXP' }, 'totp'],
    ] as const) {
      const { status, body } = await call('POST', `/users/${ada}/authentication-methods`, json);
      expect({ status, id: body.id }).toEqual({
        status: 201,
        id: expect.stringMatching(new RegExp(`^${factor}\\|dev_`)),
      });
    }
    expect(await call('POST', `/users/${ada}/authentication-methods`, { type: 'passkey' })).toMatchObject({
      status: 400,
    });
  });

  it('come with a new recovery code, which ends the old one', async () => {
    emulator.enroll('ada', { factor: 'push' });
    emulator.enroll('ada', { factor: 'recovery-code', code: 'ABCDEFGHIJKLMNOPQRSTUVWX' });
    const { body } = await call('POST', `/users/${ada}/recovery-code-regeneration`);
    expect(body.recovery_code).toMatch(/^[A-Z0-9]{24}$/);
    expect(await client.recoveryCode(await client.mfaToken(), 'ABCDEFGHIJKLMNOPQRSTUVWX')).toMatchObject({
      status: 400,
    });
    expect(await client.recoveryCode(await client.mfaToken(), body.recovery_code)).toMatchObject({
      status: 200,
    });
  });
});

describe('Guardian', () => {
  it('says which factors are on, and switches them', async () => {
    const names = async () => {
      const { body } = await call('GET', '/guardian/factors');
      return (body as unknown as { name: string; enabled: boolean }[])
        .filter(({ enabled }) => enabled)
        .map(({ name }) => name);
    };
    expect(await names()).toEqual(['push-notification', 'otp', 'sms', 'email', 'recovery-code']);
    await call('PUT', '/guardian/factors/sms', { enabled: false });
    expect(emulator.settings.factors).toEqual(['push', 'otp', 'email', 'recovery-code']);
    await call('PUT', '/guardian/factors/sms', { enabled: true });
    expect(await names()).toContain('sms');
    expect(await call('PUT', '/guardian/factors/duo', { enabled: true })).toMatchObject({ status: 400 });
    expect(await call('PUT', '/guardian/factors/fax', { enabled: true })).toMatchObject({ status: 404 });
  });

  it('asks for MFA always, or only when the tenant does', async () => {
    await call('PUT', '/guardian/policies', ['all-applications']);
    expect((await call('GET', '/guardian/policies')).body).toEqual(['all-applications']);
    expect(await client.signIn()).toMatchObject({ status: 403, body: { error: 'mfa_required' } });
    await call('PUT', '/guardian/policies', []);
    expect(await client.signIn()).toMatchObject({ status: 200 });
  });

  it('gives a ticket, with which the user enrols on a page, once', async () => {
    const { body } = await call('POST', '/guardian/enrollments/ticket', {
      user_id: decodeURIComponent(ada),
      send_mail: true,
    });
    expect(phone.messages()).toMatchObject([{ text: expect.stringContaining(String(body.ticket_url)) }]);
    const browser = createBrowser(client);
    const location = String(body.ticket_url).replace(emulator.issuer, '/');
    const page = await browser.call('GET', location);
    expect(page.text).toContain('Keep your account safe');
    expect(page.text).not.toContain('Cancel');
    const at = { ...page, location };
    await browser.post(at, { action: 'enroll', factor: 'push' });
    phone.scan();
    expect((await browser.follow(at)).text).toContain('Keep your recovery code');
    expect((await browser.post(at, { action: 'kept' })).text).toContain('Your second factor is ready');
    expect(await browser.follow(at)).toMatchObject({ status: 400 });
    const { body: enrollments } = await call('GET', `/users/${ada}/enrollments`);
    expect(enrollments).toMatchObject([{ status: 'confirmed', type: 'pn', auth_method: 'guardian' }]);
  });

  it('gives a ticket for a further factor only on request', async () => {
    emulator.enroll('ada', { factor: 'push' });
    const enrol = async (isFurther: boolean) => {
      const { body } = await call('POST', '/guardian/enrollments/ticket', {
        user_id: decodeURIComponent(ada),
        allow_multiple_enrollments: isFurther,
      });
      const browser = createBrowser(client);
      const location = String(body.ticket_url).replace(emulator.issuer, '/');
      const reply = await browser.post(
        { ...(await browser.call('GET', location)), location },
        { action: 'enroll', factor: 'otp' },
      );
      return reply.status;
    };
    expect([await enrol(false), await enrol(true)]).toEqual([400, 302]);
  });

  it('shows and removes enrolments', async () => {
    const [id = ''] = emulator.enroll('ada', { factor: 'push' });
    const path = `/guardian/enrollments/${encodeURIComponent(id)}`;
    expect((await call('GET', path)).body).toMatchObject({ id, status: 'confirmed' });
    expect(await call('DELETE', path)).toMatchObject({ status: 204 });
    expect(await call('GET', path)).toMatchObject({ status: 404 });
  });
});
