import { beforeEach, describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';
import {
  createTenantClient,
  enrollPush,
  push,
  type Reply,
  startPush,
  stoppedClock,
} from './tenant-client.ts';

const emulator = createEmulator({ clock: stoppedClock });
const client = createTenantClient(emulator);
const phone = emulator.phone('ada');

beforeEach(() => emulator.reset());

/** Repeats a call that fails in its usual way until the limit answers. */
async function repeat(times: number, call: () => Promise<Reply>): Promise<Reply[]> {
  const replies: Reply[] = [];
  for (let round = 0; round < times; round += 1) replies.push(await call());
  return replies;
}

const rateLimit = ({ headers }: Reply): (string | null)[] =>
  ['limit', 'remaining', 'reset'].map((name) => headers.get(`x-ratelimit-${name}`));

describe('polling', () => {
  it('is allowed 12 times at once and then 12 times a minute, per mfa_token', async () => {
    await enrollPush(emulator, client);
    const { mfaToken, oobCode } = await startPush(client);
    const poll = () => client.oob(mfaToken, oobCode);
    const replies = await repeat(13, poll);
    expect(replies.slice(0, 12).every(({ body }) => body.error === 'authorization_pending')).toBe(true);
    const seconds = emulator.clock.now() / 1000;
    expect(rateLimit(replies[0] as Reply)).toEqual(['12', '11', `${seconds + 5}`]);
    const refused = replies[12] as Reply;
    expect(refused).toMatchObject({ status: 429, body: { error: 'too_many_requests' } });
    expect(rateLimit(refused)).toEqual(['12', '0', `${seconds + 5}`]);
    expect(refused.headers.get('retry-after')).toBeNull();
    emulator.clock.advance(5_000);
    expect((await poll()).body.error).toBe('authorization_pending');
    expect((await poll()).status).toBe(429);
    const other = await startPush(client);
    expect((await client.oob(other.mfaToken, other.oobCode)).status).toBe(400);
  });

  it('never exceeds the limit at one poll in five seconds', async () => {
    await enrollPush(emulator, client);
    const { mfaToken, oobCode } = await startPush(client);
    for (let round = 0; round < 59; round += 1) {
      expect((await client.oob(mfaToken, oobCode)).body.error).toBe('authorization_pending');
      emulator.clock.advance(5_000);
    }
  });

  it('measures the reset against its own date, when time was advanced too', async () => {
    emulator.clock.advance(86_400_000);
    await enrollPush(emulator, client);
    const { mfaToken, oobCode } = await startPush(client);
    const { headers } = await client.oob(mfaToken, oobCode);
    const date = Date.parse(headers.get('date') ?? '') / 1000;
    expect(Number(headers.get('x-ratelimit-reset')) - date).toBe(5);
  });

  it('can have a minimum interval, and polls below it get slow_down', async () => {
    await enrollPush(emulator, client);
    emulator.configure({ minPollIntervalMs: 5_000 });
    const { mfaToken, oobCode } = await startPush(client);
    expect((await client.oob(mfaToken, oobCode)).body.error).toBe('authorization_pending');
    emulator.clock.advance(4_999);
    expect(await client.oob(mfaToken, oobCode)).toMatchObject({ status: 400, body: { error: 'slow_down' } });
    emulator.clock.advance(5_000);
    expect((await client.oob(mfaToken, oobCode)).body.error).toBe('authorization_pending');
  });

  it('has no limit when it is switched off', async () => {
    emulator.configure({ limits: { oobExchange: 'off' } });
    await enrollPush(emulator, client);
    const { mfaToken, oobCode } = await startPush(client);
    const replies = await repeat(30, () => client.oob(mfaToken, oobCode));
    expect(replies.every(({ status }) => status === 400)).toBe(true);
    expect(replies[0]?.headers.get('x-ratelimit-limit')).toBeNull();
  });
});

describe('the tenant', () => {
  it('has no limit of its own, because that depends on the plan', async () => {
    const replies = await repeat(120, () => client.signIn());
    expect(replies.every(({ status }) => status === 200)).toBe(true);
    expect(replies[0]?.headers.get('x-ratelimit-limit')).toBeNull();
  });

  it('answers everybody with 429 above its limit, and shows with every answer what is left', async () => {
    emulator.configure({ limits: { authenticationApi: { burst: 3, refillMs: 500 } } });
    const signedIn = await client.signIn();
    const wrong = await client.signIn({ password: 'wrong' });
    const listed = await client.call('GET', '/mfa/authenticators', { bearer: 'nobody' });
    const refused = [await client.signIn(), await client.call('POST', '/mfa/challenge', { json: {} })];

    expect([signedIn, wrong, listed].map((reply) => [reply.status, rateLimit(reply)[1]])).toEqual([
      [200, '2'],
      [403, '1'],
      [401, '0'],
    ]);
    for (const reply of refused) {
      expect(reply).toMatchObject({ status: 429, body: { error: 'too_many_requests' } });
      expect(rateLimit(reply).slice(0, 2)).toEqual(['3', '0']);
    }
    expect((await client.call('GET', '/.well-known/jwks.json')).status).toBe(200);
    emulator.clock.advance(500);
    expect((await client.signIn()).status).toBe(200);
  });

  it('leaves polls the headers of their own, narrower limit', async () => {
    emulator.configure({ limits: { authenticationApi: { burst: 100, refillMs: 10 } } });
    await enrollPush(emulator, client);
    const { mfaToken, oobCode } = await startPush(client);
    expect(rateLimit(await client.oob(mfaToken, oobCode))[0]).toBe('12');
    emulator.configure({ limits: { oobExchange: 'off' } });
    expect(rateLimit(await client.oob(mfaToken, oobCode))[0]).toBe('100');
  });
});

describe('a user', () => {
  it('gets five pushes at once, and then one in twelve seconds', async () => {
    await enrollPush(emulator, client);
    const mfaToken = await client.mfaToken();
    const replies = await repeat(6, () => client.challenge({ mfa_token: mfaToken }));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(replies[5]).toMatchObject({ body: { error: 'too_many_requests' } });
    expect(rateLimit(replies[5] as Reply).slice(0, 2)).toEqual(['5', '0']);
    emulator.clock.advance(12_000);
    expect(await client.challenge({ mfa_token: mfaToken })).toMatchObject({ status: 200 });
  });

  it('gets ten SMS and calls together, and then one an hour', async () => {
    const mfaToken = await client.mfaToken();
    let round = 0;
    const replies = await repeat(11, () => {
      round += 1;
      const channel = round % 2 === 0 ? 'sms' : 'voice';
      const request = {
        authenticator_types: ['oob'],
        oob_channels: [channel],
        phone_number: '+491701234567',
      };
      return client.associate(mfaToken, request);
    });
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(replies[10]).toMatchObject({ status: 429, body: { error: 'too_many_requests' } });
    expect(phone.messages()).toHaveLength(10);
  });

  it('gets twenty e-mails', async () => {
    const mfaToken = await client.mfaToken();
    const request = { authenticator_types: ['oob'], oob_channels: ['email'] };
    const replies = await repeat(21, () => client.associate(mfaToken, request));
    expect(replies[20]).toMatchObject({ status: 429, body: { error: 'too_many_requests' } });
  });

  it('may get ten codes wrong, and then not even a right one counts', async () => {
    await enrollPush(emulator, client);
    const mfaToken = await client.mfaToken();
    const replies = await repeat(11, () => client.otp(mfaToken, '000000'));
    expect(replies[9]).toMatchObject({ status: 403, body: { error: 'invalid_grant' } });
    expect(replies[10]).toMatchObject({ status: 429, body: { error: 'too_many_attempts' } });
    const code = () => phone.codes()[0]?.code ?? '';
    expect(await client.otp(await client.mfaToken(), code())).toMatchObject({ status: 429 });
    emulator.clock.advance(360_000);
    expect(await client.otp(await client.mfaToken(), code())).toMatchObject({ status: 200 });
  });

  it('may get ten recovery codes wrong', async () => {
    await enrollPush(emulator, client);
    const mfaToken = await client.mfaToken();
    const replies = await repeat(11, () => client.recoveryCode(mfaToken, 'WRONG'));
    expect(replies[10]).toMatchObject({ status: 429, body: { error: 'too_many_attempts' } });
  });

  it('may get ten passwords wrong', async () => {
    const replies = await repeat(11, () => client.signIn({ password: 'wrong' }));
    expect(replies[9]).toMatchObject({ status: 403 });
    expect(replies[10]).toMatchObject({ status: 429, body: { error: 'too_many_attempts' } });
    expect(await client.signIn()).toMatchObject({ status: 429 });
  });

  it('does not spend the limits of others', async () => {
    emulator.addUser({ username: 'grace', password: 'battery-staple' });
    await repeat(11, () => client.signIn({ password: 'wrong' }));
    const reply = await client.signIn({ username: 'grace', password: 'battery-staple' });
    expect(reply.status).toBe(200);
  });
});

describe('enrolling by push', () => {
  it('sends no push, so it uses none up', async () => {
    const mfaToken = await client.mfaToken();
    const replies = await repeat(6, () => client.associate(mfaToken, push));
    expect(replies.every(({ status }) => status === 200)).toBe(true);
  });
});
