import { createEmulator, type Dialect } from '@stepgate/emulator';
import { CONTRARY } from 'suites/contrary-dialect.ts';
import { signingKey } from 'suites/signing-key.ts';
import { describe, expect, it } from 'vitest';
import { createCibaClient, createDiscovery, isStepUpError } from '../../src/index.ts';

const DETAILS = [{ type: 'money_transfer', amount: '250', to: 'Grace' }];

function createWorld(dialect: Partial<Dialect>) {
  let now = Date.UTC(2026, 0, 1);
  const clock = { now: () => now };
  const emulator = createEmulator({
    issuer: 'https://tenant.test/',
    clock,
    dialect,
    signingKey,
    users: [
      { username: 'ada', password: 'correct-horse', factors: [{ factor: 'push' }] },
      { username: 'grace', password: 'hopper-1906' },
    ],
  });
  const [ada, grace] = emulator.users().map(({ sub }) => sub);
  const toTenant = (input: RequestInfo | URL, init?: RequestInit) =>
    emulator.handle(new Request(input, init));
  const ciba = createCibaClient({
    discover: createDiscovery({ issuer: emulator.issuer, fetch: toTenant }),
    clientId: 'stepgate-demo',
    clientSecret: 'stepgate-demo-secret',
    fetch: toTenant,
    ...clock,
  });
  const ask = { subject: ada ?? '', bindingMessage: 'K7QM-Transfer-250-EUR' };
  return {
    phone: emulator.phone('ada'),
    emulator,
    ciba,
    ask,
    grace: grace ?? '',
    pass: (ms: number): void => {
      now += ms;
    },
    begin: async (options = {}) => {
      const { authReqId, expiresInMs, intervalMs } = await ciba.start({ ...ask, ...options });
      return { authReqId, expiresAt: now + expiresInMs, intervalMs };
    },
  };
}

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.catch((error: unknown) => (isStepUpError(error) ? error.code : error));

describe.each([
  ['recorded', {}],
  ['contrary', CONTRARY],
])('a tenant of the %s dialect', (_name, dialect) => {
  it('shows message and details, and returns what was approved', async () => {
    const { phone, begin, ciba, pass } = createWorld(dialect);
    const challenge = await begin({ authorizationDetails: DETAILS, requestedExpirySeconds: 120 });
    expect(challenge.intervalMs).toBe(5_000);
    expect(await ciba.poll(challenge)).toEqual({ status: 'pending' });
    expect(phone.approve()).toMatchObject({ message: 'K7QM-Transfer-250-EUR', details: DETAILS });
    pass(5_000);
    expect(await ciba.poll(challenge)).toMatchObject({
      status: 'approved',
      authorizationDetails: DETAILS,
      tokens: { idToken: expect.stringMatching(/^eyJ/) },
    });
    pass(5_000);
    expect(await codeOf(ciba.poll(challenge))).toBe('result_lost');
  });

  it('slows down, and says for how long', async () => {
    const { begin, ciba } = createWorld(dialect);
    const challenge = await begin();
    await ciba.poll(challenge);
    expect(await ciba.poll(challenge)).toEqual({ status: 'slow_down', retryAfterMs: 10_000 });
  });

  it('tells a denial from an expiry', async () => {
    const { phone, begin, ciba, pass } = createWorld(dialect);
    const denied = await begin();
    phone.deny();
    expect(await ciba.poll(denied)).toEqual({ status: 'rejected' });
    const late = await begin();
    pass(300_000);
    expect(await codeOf(ciba.poll(late))).toBe('challenge_expired');
  });

  it('has nobody to ask', async () => {
    const { ciba, ask, grace } = createWorld(dialect);
    const unknown = await codeOf(ciba.start({ ...ask, subject: 'auth0|nobody' }));
    expect(unknown).toBe('not_enrolled');
    expect(await codeOf(ciba.start({ ...ask, subject: grace }))).toMatch(
      /^(not_enrolled|factor_unavailable)$/,
    );
  });

  it('refuses a message that does not fit', async () => {
    const { ciba, ask } = createWorld(dialect);
    expect(await codeOf(ciba.start({ ...ask, bindingMessage: 'Pay 10 EUR' }))).toBe('provider_error');
  });

  it('limits how often a user is asked', async () => {
    const { ciba, ask } = createWorld(dialect);
    for (let count = 0; count < 5; count += 1) await ciba.start(ask);
    expect(await codeOf(ciba.start(ask))).toBe('rate_limited');
  });
});
