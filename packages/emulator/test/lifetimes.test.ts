import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';
import {
  createTenantClient,
  enrollPush,
  push,
  startPush,
  stepUp,
  stoppedClock,
  type TenantClient,
} from './tenant-client.ts';

const emulator = createEmulator({ clock: stoppedClock });
const client = createTenantClient(emulator);

beforeEach(() => emulator.reset());

function lifetimeOf(token: unknown): number {
  const { exp = 0, iat = 0 } = decodeJwt(String(token));
  return exp - iat;
}

describe('an mfa_token', () => {
  it.each<[string, (client: TenantClient, mfaToken: string) => Promise<unknown>]>([
    ['GET /mfa/authenticators', (c, bearer) => c.call('GET', '/mfa/authenticators', { bearer })],
    ['POST /mfa/associate', (c, bearer) => c.associate(bearer, push)],
    ['POST /mfa/challenge', (c, mfaToken) => c.challenge({ mfa_token: mfaToken })],
    ['mfa-oob', (c, mfaToken) => c.oob(mfaToken, 'x')],
    ['mfa-otp', (c, mfaToken) => c.otp(mfaToken, '123456')],
    ['mfa-recovery-code', (c, mfaToken) => c.recoveryCode(mfaToken, 'A')],
  ])('is expired after five minutes at %s', async (_, act) => {
    await enrollPush(emulator, client);
    const mfaToken = await client.mfaToken();
    emulator.clock.advance(300_000);
    expect(await act(client, mfaToken)).toMatchObject({
      status: 403,
      body: { error: 'expired_token', error_description: 'mfa_token is expired' },
    });
  });

  it('is good until the last millisecond, and is not prolonged by its use', async () => {
    await enrollPush(emulator, client);
    const { mfaToken, oobCode } = await startPush(client);
    emulator.clock.advance(299_999);
    expect((await client.oob(mfaToken, oobCode)).body.error).toBe('authorization_pending');
    expect((await client.challenge({ mfa_token: mfaToken })).status).toBe(200);
    emulator.clock.advance(1);
    expect((await client.oob(mfaToken, oobCode)).body.error).toBe('expired_token');
  });
});

describe('lifetimes that were configured', () => {
  it('are those of the tokens', async () => {
    emulator.configure({
      lifetimes: { accessTokenMs: 60_000, mfaAccessTokenMs: 90_000, idTokenMs: 120_000 },
    });
    const { body } = await client.signIn({ scope: 'openid' });
    expect(body.expires_in).toBe(60);
    expect(lifetimeOf(body.access_token)).toBe(60);
    expect(lifetimeOf(body.id_token)).toBe(120);
    const mfa = await client.signIn({ audience: `${emulator.issuer}mfa/`, scope: 'enroll' });
    expect(mfa.body.expires_in).toBe(90);
    expect(lifetimeOf(mfa.body.access_token)).toBe(90);
  });

  it('are those of the mfa_token and of QR codes', async () => {
    emulator.configure({ lifetimes: { mfaTokenMs: 600_000, enrollmentMs: 30_000 } });
    const mfaToken = await client.mfaToken();
    await client.associate(mfaToken, push);
    emulator.clock.advance(30_000);
    expect(emulator.phone('ada').view().enrollments).toEqual([]);
    emulator.clock.advance(569_999);
    expect(await client.list(mfaToken)).toHaveLength(3);
    emulator.clock.advance(1);
    expect(await client.list(mfaToken)).toMatchObject({ error: 'expired_token' });
  });

  it('apply from the next token on, not to existing ones', async () => {
    const mfaToken = await client.mfaToken();
    emulator.configure({ lifetimes: { mfaTokenMs: 1_000 } });
    emulator.clock.advance(1_000);
    expect(await client.list(mfaToken)).toEqual([]);
    const { body } = await client.signIn({ scope: stepUp });
    emulator.clock.advance(1_000);
    expect(await client.list(String(body.mfa_token))).toMatchObject({ error: 'expired_token' });
  });
});
