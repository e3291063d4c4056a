import { describe, expect, it } from 'vitest';
import { createStepUpActor, createView, type Departure, type Way } from '../../src/index.ts';
import {
  CIBA,
  createDriver,
  HOSTED,
  listed,
  PUSH,
  REDIRECT,
  redirectingDriver,
} from '../support/flow-driver.ts';

const leave = { type: 'factor.choose', authenticatorId: HOSTED.id } as const;
const left = { type: 'challenge.sent', binding: 'redirect', expiresInMs: 600_000 } as const;
const back = { type: 'redirect.returned' } as const;
const TOKENS = { type: 'tokens.received', hasRecoveryCodes: false } as const;

function choosing(overrides: Parameters<typeof createDriver>[0] = {}) {
  const driver = createDriver({ factors: ['hosted'], enroll: 'refuse', ways: [REDIRECT], ...overrides });
  driver.ask({ type: 'flow.start' });
  driver.answer({ type: 'mfa.required' });
  driver.answer(listed(HOSTED));
  return driver;
}

describe('a user who is sent to the provider’s page', () => {
  it('is sent by a click, never by the flow itself', () => {
    const driver = choosing();
    expect(driver.place).toBe('choosing');
    driver.ask(leave);
    expect(driver.place).toBe('challenging');
    expect(driver.lastEffect).toMatchObject({ type: 'challenge', params: { factor: 'hosted' } });
    driver.answer(left);
    expect(driver.place).toBe('redirecting');
  });

  it('comes back once', () => {
    const driver = redirectingDriver();
    const { seq } = driver.context;
    expect(driver.answer(back, seq)).toBe(true);
    expect(driver.place).toBe('verifying');
    expect(driver.answer(back, seq)).toBe(false);
    driver.answer(TOKENS);
    driver.answer({ type: 'identity.verified' });
    expect(driver.place).toBe('approved');
  });

  it('comes back for the last departure only', () => {
    const driver = redirectingDriver();
    const { seq } = driver.context;
    driver.ask(leave);
    driver.answer(left);
    expect(driver.place).toBe('redirecting');
    expect(driver.answer(back, seq)).toBe(false);
    expect(driver.answer(back)).toBe(true);
  });

  it('can leave again at once, since nothing was sent', () => {
    const driver = redirectingDriver();
    driver.answer({ type: 'redirect.refused', code: 'rejected' });
    expect(driver.place).toBe('rejected');
    expect(driver.ask(leave)).toBe(true);
  });

  it.each([
    ['rejected', 'rejected'],
    ['challenge_expired', 'expired'],
    ['not_enrolled', 'failed'],
    ['factor_unavailable', 'failed'],
    ['identity_refused', 'failed'],
    ['provider_unavailable', 'failed'],
  ] as const)('comes back with %s, and the flow is %s', (code, place) => {
    const driver = redirectingDriver();
    driver.answer({ type: 'redirect.refused', code });
    expect([driver.place, driver.reason]).toEqual([place, code]);
  });

  it.each(['not_enrolled', 'factor_unavailable'] as const)(
    'comes back with %s, and the flow goes on by another way that needs no typing',
    (code) => {
      const driver = redirectingDriver({ factors: ['push', 'hosted'], ways: [REDIRECT, CIBA] });
      driver.answer({ type: 'redirect.refused', code });
      expect(driver.place).toBe('authenticating.requesting');
      driver.answer({ type: 'mfa.required' });
      driver.answer(listed(PUSH));
      expect(driver.lastEffect).toMatchObject({ type: 'challenge', params: { factor: 'push' } });
    },
  );

  it.each(['result_lost', 'provider_unavailable', 'rate_limited', 'provider_error'] as const)(
    'is never asked for a code when the exchange fails with %s',
    (code) => {
      const driver = redirectingDriver();
      driver.answer(back);
      driver.fail(code);
      expect([driver.place, driver.reason]).toEqual(['failed', code]);
      expect(driver.ask({ type: 'code.submit' })).toBe(false);
    },
  );

  it.each(['provider_unavailable', 'result_lost', 'rate_limited'] as const)(
    'was not sent when the departure fails with %s, and can try again at once',
    (code) => {
      const driver = choosing();
      driver.ask(leave);
      driver.fail(code);
      expect([driver.place, driver.reason]).toEqual(['failed', code]);
      expect(driver.ask(leave)).toBe(true);
    },
  );

  it('has some minutes', () => {
    const driver = redirectingDriver();
    driver.wait(600_000);
    driver.tick();
    expect([driver.place, driver.reason]).toEqual(['expired', 'challenge_expired']);
  });

  it('is late when nobody has looked meanwhile, too', () => {
    const driver = redirectingDriver();
    driver.wait(600_000);
    driver.answer(back);
    expect([driver.place, driver.reason]).toEqual(['expired', 'challenge_expired']);
  });

  it('changes nothing after a cancel', () => {
    const driver = redirectingDriver();
    driver.ask({ type: 'flow.cancel' });
    expect(driver.answer(back)).toBe(false);
    expect(driver.place).toBe('cancelled');
  });

  it('counts as enrolled in the flow, for every way that follows, unless the page cannot enrol', () => {
    expect(redirectingDriver().context.enrolledInFlow).toBe(true);
    const { enrollsElsewhere: _page, ...strict } = REDIRECT;
    expect(redirectingDriver({ ways: [strict] }).context.enrolledInFlow).toBe(false);
    const driver = redirectingDriver({ factors: ['push', 'hosted'], ways: [REDIRECT, CIBA] });
    driver.ask({ type: 'way.next' });
    expect(driver.context.enrolledInFlow).toBe(true);
  });

  it('sees the address while they are away, and not afterwards', () => {
    const driver = redirectingDriver();
    const departure = { authorizationUrl: 'https://login.test/authorize?x=1' } as Departure;
    const view = () =>
      createView({ state: driver.state, openVault: () => ({ departure }), version: 1, now: driver.now });
    expect(view().disclosure).toEqual({ authorizationUrl: 'https://login.test/authorize?x=1' });
    driver.answer(back);
    expect(view().disclosure).toBeUndefined();
  });

  it('needs a server', () => {
    const way = { name: 'redirect', can: { needsBrowser: true }, redeem: () => {} } as unknown as Way;
    expect(() => createStepUpActor({ way, subject: 'auth0|ada' })).toThrow(
      /way: redirect sends the user to the provider's page, and only a server can take the return/,
    );
  });
});
