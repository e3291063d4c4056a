import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';
import {
  createTenantClient,
  enrollPush,
  mfaAccessToken,
  push,
  startPush,
  stepUp,
  stoppedClock,
} from './tenant-client.ts';

const emulator = createEmulator({ clock: stoppedClock });
const client = createTenantClient(emulator);

beforeEach(() => emulator.reset());

describe('mfa_required', () => {
  it('comes when a step-up scope is asked for', async () => {
    const { status, body } = await client.signIn({ scope: stepUp });
    expect(status).toBe(403);
    expect(body).toEqual({
      error: 'mfa_required',
      error_description: 'Multifactor authentication required',
      mfa_token: expect.stringMatching(/^Fe26\.2\*/),
    });
    expect(await client.signIn({ scope: 'openid' })).toMatchObject({ status: 200 });
  });

  it('comes always, or never, when the policy says so', async () => {
    emulator.configure({ mfaPolicy: 'always' });
    expect(await client.signIn()).toMatchObject({ body: { error: 'mfa_required' } });
    emulator.configure({ mfaPolicy: 'never' });
    expect(await client.signIn({ scope: stepUp })).toMatchObject({ status: 200 });
  });

  it('carries what an Action asks for: enrol without a factor, challenge with one', async () => {
    emulator.configure({
      mfaRequirements: { enroll: ['push-notification'], challenge: ['push-notification', 'otp'] },
    });
    const { body: before } = await client.signIn({ scope: stepUp });
    expect(before.mfa_requirements).toEqual({ enroll: [{ type: 'push-notification' }] });
    await enrollPush(emulator, client);
    const { body: after } = await client.signIn({ scope: stepUp });
    expect(after.mfa_requirements).toEqual({ challenge: [{ type: 'push-notification' }, { type: 'otp' }] });
  });

  it('allows only the enrolments and challenges that it carries', async () => {
    emulator.configure({ mfaRequirements: { enroll: ['push-notification'], challenge: ['otp'] } });
    const mfaToken = await client.mfaToken();
    const refused = { status: 401, body: { error: 'unsupported_challenge_type' } };
    expect(await client.associate(mfaToken, { authenticator_types: ['otp'] })).toMatchObject(refused);
    await enrollPush(emulator, client);
    expect(await client.challenge({ mfa_token: await client.mfaToken() })).toMatchObject(refused);
  });
});

describe('chained MFA', () => {
  it('answers a passed factor with another mfa_required until enough were passed', async () => {
    await enrollPush(emulator, client);
    emulator.configure({ requiredFactors: 2 });
    const { mfaToken, oobCode } = await startPush(client);
    emulator.phone('ada').approve();
    const first = await client.oob(mfaToken, oobCode);
    expect(first).toMatchObject({ status: 403, body: { error: 'mfa_required' } });
    const next = String(first.body.mfa_token);
    expect(next).not.toBe(mfaToken);
    const [code] = emulator.phone('ada').codes();
    expect(await client.otp(next, code?.code ?? '')).toMatchObject({ status: 200 });
  });

  it('asks for what was not passed yet, when an Action names the factors', async () => {
    await enrollPush(emulator, client);
    emulator.configure({ requiredFactors: 2, mfaRequirements: { challenge: ['push-notification', 'otp'] } });
    const { mfaToken, oobCode } = await startPush(client);
    emulator.phone('ada').approve();
    const { body } = await client.oob(mfaToken, oobCode);
    expect(body.mfa_requirements).toEqual({ challenge: [{ type: 'otp' }] });
  });

  it('does not count the same authenticator twice', async () => {
    await enrollPush(emulator, client);
    emulator.configure({ requiredFactors: 2 });
    let { mfaToken, oobCode } = await startPush(client);
    for (let round = 0; round < 2; round += 1) {
      emulator.phone('ada').approve();
      const { body } = await client.oob(mfaToken, oobCode);
      expect(body.error).toBe('mfa_required');
      mfaToken = String(body.mfa_token);
      oobCode = (await client.challenge({ mfa_token: mfaToken })).body.oob_code;
    }
  });

  it('lets a user who passed their only factor enrol the next', async () => {
    await enrollPush(emulator, client);
    emulator.configure({ requiredFactors: 3 });
    const { mfaToken, oobCode } = await startPush(client);
    emulator.phone('ada').approve();
    const { body } = await client.oob(mfaToken, oobCode);
    const reply = await client.associate(String(body.mfa_token), { authenticator_types: ['otp'] });
    expect(reply.status).toBe(200);
  });
});

describe('the MFA audience', () => {
  const audience = `${emulator.issuer}mfa/`;
  const scope = 'enroll read:authenticators remove:authenticators';

  it('asks for no factor if the user has none', async () => {
    const { status, body } = await client.signIn({ audience, scope });
    expect(status).toBe(200);
    expect(body).toMatchObject({ expires_in: 600, scope });
    expect(decodeJwt(String(body.access_token)).aud).toBe(audience);
  });

  it('asks for a factor if the user has one, and gives the access token afterwards', async () => {
    await enrollPush(emulator, client);
    expect(await client.signIn({ audience, scope })).toMatchObject({ body: { error: 'mfa_required' } });
    const token = await mfaAccessToken(emulator, client, scope);
    expect(decodeJwt(token)).toMatchObject({ aud: audience, scope });
  });

  it('enrols a second factor, which the mfa_token of a login cannot', async () => {
    await enrollPush(emulator, client);
    const token = await mfaAccessToken(emulator, client, scope);
    const { status, body } = await client.associate(token, { authenticator_types: ['otp'] });
    expect(status).toBe(200);
    emulator.phone('ada').scan(String(body.barcode_uri));
    const code = emulator.phone('ada').codes().at(-1)?.code ?? '';
    expect(await client.otp(token, code)).toMatchObject({ status: 200 });
    expect((await client.list(token)).filter(({ active }) => active)).toHaveLength(4);
  });

  it('confirms a push enrolled with it by polling with it', async () => {
    const token = await mfaAccessToken(emulator, client, scope);
    const { body } = await client.associate(token, push);
    expect(await client.oob(token, body.oob_code)).toMatchObject({
      body: { error: 'authorization_pending' },
    });
    emulator.phone('ada').scan();
    expect(await client.oob(token, body.oob_code)).toMatchObject({ status: 200 });
  });

  it('only enrols, lists and removes', async () => {
    await enrollPush(emulator, client);
    const token = await mfaAccessToken(emulator, client, scope);
    expect(await client.challenge({ mfa_token: token })).toMatchObject({
      status: 403,
      body: { error: 'invalid_grant', error_description: 'Malformed mfa_token' },
    });
  });

  it.each([
    ['enroll', 'POST', '/mfa/associate'],
    ['read:authenticators', 'GET', '/mfa/authenticators'],
    ['remove:authenticators', 'DELETE', '/mfa/authenticators/push%7Cdev_x'],
  ])('demands the scope %s', async (missing, method, path) => {
    const others = scope.split(' ').filter((each) => each !== missing);
    const { body } = await client.signIn({ audience, scope: others.join(' ') });
    const reply = await client.call(method, path, {
      bearer: String(body.access_token),
      ...(method === 'POST' && { json: push }),
    });
    expect(reply).toMatchObject({ status: 403, body: { error: 'insufficient_scope' } });
  });

  it('ends after ten minutes, and is renewed with a refresh token', async () => {
    const { body } = await client.signIn({ audience, scope: `${scope} offline_access` });
    await enrollPush(emulator, client);
    emulator.clock.advance(600_000);
    const expired = await client.call('GET', '/mfa/authenticators', { bearer: String(body.access_token) });
    expect(expired).toMatchObject({ status: 401, body: { error: 'invalid_grant' } });
    const renewed = await client.token({
      grant_type: 'refresh_token',
      refresh_token: String(body.refresh_token),
    });
    expect(renewed).toMatchObject({ status: 200, body: { expires_in: 600 } });
  });
});
