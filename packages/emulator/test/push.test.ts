import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';
import {
  createTenantClient,
  credentials,
  enrollPush,
  push,
  startPush,
  stoppedClock,
} from './tenant-client.ts';

const emulator = createEmulator({ clock: stoppedClock });
const client = createTenantClient(emulator);

beforeEach(() => emulator.reset());

describe('enrolling a phone', () => {
  it('answers associate with exactly the members that were recorded, and the first recovery code', async () => {
    const { status, body } = await client.associate(await client.mfaToken(), push);
    expect(status).toBe(200);
    expect(body).toEqual({
      authenticator_type: 'oob',
      oob_channel: 'auth0',
      oob_code: expect.stringMatching(/^Fe26\.2\*/),
      barcode_uri: expect.stringMatching(
        /^otpauth:\/\/totp\/emulator:ada%40example\.com\?enrollment_tx_id=[\w-]{32}&base_url=http%3A%2F%2F/,
      ),
      recovery_codes: [expect.stringMatching(/^[A-Z0-9]{24}$/)],
    });
  });

  it('lists an unconfirmed push with its one-time password, and no name for the device', async () => {
    const mfaToken = await client.mfaToken();
    expect(await client.list(mfaToken)).toEqual([]);
    await client.associate(mfaToken, push);
    expect(await client.list(mfaToken)).toEqual([
      {
        id: expect.stringMatching(/^push\|dev_\w{16}$/),
        authenticator_type: 'oob',
        active: false,
        oob_channel: 'auth0',
      },
      { id: expect.stringMatching(/^totp\|dev_\w{16}$/), authenticator_type: 'otp', active: false },
      {
        id: expect.stringMatching(/^recovery-code\|dev_\w{16}$/),
        authenticator_type: 'recovery-code',
        active: false,
      },
    ]);
  });

  it('is pending until the code is scanned, and then yields tokens and active authenticators', async () => {
    const mfaToken = await client.mfaToken();
    const { body } = await client.associate(mfaToken, push);
    const pending = await client.oob(mfaToken, body.oob_code);
    expect(pending).toMatchObject({
      status: 400,
      body: {
        error: 'authorization_pending',
        error_description: 'Authorization pending: please repeat the request in a few seconds.',
      },
    });
    emulator.phone('ada').scan(String(body.barcode_uri));
    const rows = await client.list(mfaToken);
    expect(rows.map(({ active }) => active)).toEqual([true, true, true]);
    expect(rows[0]).toMatchObject({ name: "ada's phone" });
    const confirmed = await client.oob(mfaToken, body.oob_code);
    expect(confirmed.status).toBe(200);
    expect(confirmed.body).toEqual({
      access_token: expect.any(String),
      id_token: expect.any(String),
      scope: 'openid transfer:funds',
      expires_in: 86_400,
      token_type: 'Bearer',
    });
  });

  it('hands out recovery codes with the first enrolment only, confirmed or not', async () => {
    const mfaToken = await client.mfaToken();
    await client.associate(mfaToken, push);
    const { body } = await client.associate(mfaToken, push);
    expect(body).not.toHaveProperty('recovery_codes');
  });

  it('refuses a second phone with an mfa_token', async () => {
    await enrollPush(emulator, client);
    const { status, body } = await client.associate(await client.mfaToken(), push);
    expect(status).toBe(403);
    expect(body).toEqual({ error: 'access_denied', error_description: 'User is already enrolled.' });
  });

  it('cannot be scanned after five minutes', async () => {
    await client.associate(await client.mfaToken(), push);
    emulator.clock.advance(300_000);
    expect(() => emulator.phone('ada').scan()).toThrow('No such QR code waits to be scanned');
  });

  it('belongs to the phone that scans it, whichever user that is', async () => {
    emulator.addUser({ username: 'mallory', password: 'swordfish' });
    const { body } = await client.associate(await client.mfaToken(), push);
    emulator.phone('mallory').scan(String(body.barcode_uri));
    await startPush(client);
    expect(emulator.phone('ada').notifications()).toEqual([]);
    expect(emulator.phone('mallory').notifications()).toMatchObject([{ account: 'ada', status: 'pending' }]);
  });
});

describe('challenging a phone', () => {
  beforeEach(async () => {
    await enrollPush(emulator, client);
  });

  it('answers with exactly challenge_type and oob_code', async () => {
    const mfaToken = await client.mfaToken();
    const [row] = await client.list(mfaToken);
    const { status, body } = await client.challenge({ mfa_token: mfaToken, authenticator_id: row?.id });
    expect(status).toBe(200);
    expect(body).toEqual({ challenge_type: 'oob', oob_code: expect.stringMatching(/^Fe26\.2\*/) });
  });

  it('is pending until it is approved', async () => {
    const { mfaToken, oobCode } = await startPush(client);
    expect(await client.oob(mfaToken, oobCode)).toMatchObject({ body: { error: 'authorization_pending' } });
    expect(emulator.phone('ada').notifications()).toMatchObject([
      { status: 'pending', client: 'Demo app with a server', account: 'ada' },
    ]);
    emulator.phone('ada').approve();
    expect(await client.oob(mfaToken, oobCode)).toMatchObject({ status: 200 });
  });

  it('is rejected as access_denied when the phone denies it', async () => {
    const { mfaToken, oobCode } = await startPush(client);
    emulator.phone('ada').deny();
    const reply = await client.oob(mfaToken, oobCode);
    expect(reply.status).toBe(400);
    expect(reply.body).toEqual({ error: 'access_denied', error_description: 'MFA Authorization rejected.' });
  });

  it('accepts a new challenge with the same mfa_token after a rejection', async () => {
    const { mfaToken } = await startPush(client);
    emulator.phone('ada').deny();
    const { body } = await client.challenge({ mfa_token: mfaToken });
    emulator.phone('ada').approve();
    expect(await client.oob(mfaToken, body.oob_code)).toMatchObject({ status: 200 });
  });

  it('can be redeemed once', async () => {
    const { mfaToken, oobCode } = await startPush(client);
    emulator.phone('ada').approve();
    await client.oob(mfaToken, oobCode);
    expect(await client.oob(mfaToken, oobCode)).toMatchObject({
      status: 403,
      body: {
        error: 'invalid_grant',
        error_description: expect.stringContaining('mfa_token provided is invalid'),
      },
    });
  });

  it('expires with its mfa_token, even when it was approved', async () => {
    const { mfaToken, oobCode } = await startPush(client);
    emulator.phone('ada').approve();
    emulator.clock.advance(300_000);
    expect(await client.oob(mfaToken, oobCode)).toMatchObject({
      status: 403,
      body: { error: 'expired_token', error_description: 'mfa_token is expired' },
    });
  });

  it('tells an expired oob_code from an expired mfa_token', async () => {
    emulator.configure({ lifetimes: { oobCodeMs: 60_000 } });
    const { mfaToken, oobCode } = await startPush(client);
    emulator.clock.advance(60_000);
    expect(await client.oob(mfaToken, oobCode)).toMatchObject({
      status: 403,
      body: { error: 'expired_token', error_description: 'oob_code is expired' },
    });
    expect(() => emulator.phone('ada').approve()).toThrow('This notification is expired already');
  });

  it('refuses an oob_code of another transaction, a malformed one, and a token of another client', async () => {
    const { mfaToken, oobCode } = await startPush(client);
    const other = await client.mfaToken();
    expect(await client.oob(other, oobCode)).toMatchObject({
      status: 400,
      body: { error_description: "The oob_code doesn't match the mfa_token" },
    });
    expect(await client.oob(mfaToken, 'Fe26.2*')).toMatchObject({
      status: 403,
      body: { error: 'invalid_grant', error_description: 'Malformed oob_code' },
    });
    const foreign = await client.token({
      client_id: 'stepgate-demo-public',
      grant_type: 'http://auth0.com/oauth/grant-type/mfa-oob',
      mfa_token: mfaToken,
      oob_code: String(oobCode),
    });
    expect(foreign).toMatchObject({
      status: 400,
      body: { error: 'invalid_request', error_description: 'mfa_token not issued to this client' },
    });
  });

  it('keeps auth_time at the password and puts no amr into the id_token', async () => {
    const { mfaToken, oobCode } = await startPush(client);
    const signedInAt = Math.floor(emulator.clock.now() / 1000);
    emulator.clock.advance(60_000);
    emulator.phone('ada').approve();
    const { body } = await client.oob(mfaToken, oobCode);
    const claims = decodeJwt(String(body.id_token));
    expect(Object.keys(claims).sort()).toEqual(['aud', 'auth_time', 'exp', 'iat', 'iss', 'sub']);
    expect(claims.auth_time).toBe(signedInAt);
    expect(claims.iat).toBe(signedInAt + 60);
    expect(claims.aud).toBe(credentials.client_id);
    expect(claims.iss).toBe(emulator.issuer);
  });

  it('announces the next push to everything that waits for it', async () => {
    const arrival = emulator.phone('ada').nextNotification();
    await startPush(client);
    expect((await arrival).status).toBe('pending');
  });
});
