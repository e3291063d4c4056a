import { describe, expect, it } from 'vitest';
import { createStepUpActor, createView, type EnrollableFactor, type FlowSettings } from '../../src/index.ts';
import { createFakeApi } from '../support/fake-api.ts';
import { createFakeClock, settled } from '../support/fake-clock.ts';
import {
  createDriver,
  type FlowDriver,
  listed,
  MFA_REQUIRED,
  OTP,
  PUSH,
  RECOVERY,
  TOKENS,
  VERIFIED,
} from '../support/flow-driver.ts';

const LONG = Number.MAX_SAFE_INTEGER;

/** A flow that adds a factor, up to the request that starts the enrolment. */
function adding(factor: EnrollableFactor, overrides: Partial<FlowSettings> = {}): FlowDriver {
  const driver = createDriver({
    adds: { factor, tokenExpiresAt: LONG },
    firstLegs: ['access-token'],
    factors: ['push', 'otp'],
    enroll: 'refuse',
    ...overrides,
  });
  driver.ask({ type: 'flow.start' });
  driver.answer(MFA_REQUIRED);
  driver.answer(listed(PUSH, OTP, RECOVERY));
  return driver;
}

const viewOf = ({ state, now }: FlowDriver) => createView({ state, openVault: () => ({}), version: 1, now });

describe('a flow that adds a factor', () => {
  it("adds it for a user who has others, whatever the policy's factors and the rule for first factors", () => {
    for (const enroll of ['refuse', 'password', 'session'] as const) {
      const driver = adding('sms', { enroll });
      expect(driver.place).toBe('enrolling.requesting');
      expect(driver.lastEffect).toMatchObject({ type: 'enroll', params: { factor: 'sms' } });
    }
  });

  it('begins with its access token', () => {
    const driver = createDriver({
      adds: { factor: 'otp', tokenExpiresAt: LONG },
      firstLegs: ['access-token'],
    });
    driver.ask({ type: 'flow.start' });
    expect(driver.lastEffect).toMatchObject({ type: 'authenticate', params: { method: 'access-token' } });
  });

  it('challenges no existing authenticator, and says which factor it adds', () => {
    const driver = adding('otp');
    driver.answer({ type: 'enrollment.started', binding: 'prompt', hasRecoveryCodes: false });
    expect(viewOf(driver)).toMatchObject({ adds: 'otp', authenticators: [], enrollable: ['otp'] });
    expect(driver.ask({ type: 'factor.choose', authenticatorId: PUSH.id })).toBe(false);
    expect(driver.ask({ type: 'enrollment.begin', factor: 'push' })).toBe(false);
  });

  it('ends when the factor is confirmed, by the phone or by a code', () => {
    const push = adding('push');
    push.answer({ type: 'enrollment.started', binding: 'poll', hasRecoveryCodes: false });
    expect(push.place).toBe('confirming.waiting');
    push.tickWhenDue();
    push.answer(TOKENS);
    push.answer(VERIFIED);
    expect(push.place).toBe('approved');

    const otp = adding('otp');
    otp.answer({ type: 'enrollment.started', binding: 'prompt', hasRecoveryCodes: true });
    otp.ask({ type: 'code.submit' });
    expect(otp.lastEffect).toMatchObject({ type: 'verify', params: { factor: 'otp', enrolling: true } });
    otp.answer(TOKENS);
    otp.answer(VERIFIED);
    expect(otp.place).toBe('acknowledging');
  });

  it('does not outlive its token, however often it is retried', () => {
    const probe = createDriver();
    const tokenExpiresAt = probe.now + 60_000;
    const driver = adding('push', { adds: { factor: 'push', tokenExpiresAt } });
    driver.answer({ type: 'enrollment.started', binding: 'poll', hasRecoveryCodes: false });
    expect(driver.context.challengeExpiresAt).toBe(tokenExpiresAt);
    driver.wait(60_000);
    driver.tick();
    expect(driver.place).toBe('expired');
    driver.ask({ type: 'flow.retry' });
    driver.answer(MFA_REQUIRED);
    expect(driver.context.mfaTokenExpiresAt).toBe(tokenExpiresAt);
    driver.fail('mfa_token_expired');
    driver.answer(MFA_REQUIRED);
    driver.fail('mfa_token_expired');
    expect([driver.place, driver.reason]).toEqual(['failed', 'mfa_token_expired']);
  });

  it('says so when the provider refuses another factor', () => {
    const driver = adding('otp');
    driver.fail('already_enrolled');
    driver.answer(listed(PUSH, OTP));
    expect([driver.place, driver.reason]).toEqual(['failed', 'already_enrolled']);
  });

  it('sends no second message to the same number too soon', () => {
    const driver = adding('sms');
    driver.fail('provider_unavailable');
    expect(driver.reason).toBe('delivery_unknown');
    driver.ask({ type: 'flow.retry' });
    driver.answer(MFA_REQUIRED);
    driver.answer(listed(PUSH));
    expect(driver.count('enroll')).toBe(1);
    expect(driver.place).toBe('choosing');
    driver.wait(15_000);
    expect(driver.ask({ type: 'enrollment.begin', factor: 'sms' })).toBe(true);
    expect(driver.count('enroll')).toBe(2);
  });
});

describe('a number that was lost before it was used', () => {
  it('is asked for again', () => {
    const driver = adding('sms');
    driver.fail('input_lost');
    expect([driver.place, driver.reason]).toEqual(['choosing', 'input_lost']);

    expect(driver.ask({ type: 'enrollment.begin', factor: 'sms' })).toBe(true);
    expect(driver.count('enroll')).toBe(2);
  });
});

describe('a local actor that adds a factor', () => {
  it('uses the access token for every call, and the number once', async () => {
    const api = createFakeApi();
    const clock = createFakeClock();
    const adds = { factor: 'sms', accessToken: 'for-the-mfa-api', phoneNumber: '+15551234567' } as const;
    const actor = createStepUpActor({ way: api, adds, clock, random: () => 0 });
    actor.send({ type: 'flow.start' });
    await settled();
    expect(api.last('list').options.mfaToken).toBe('for-the-mfa-api');
    await api.last('list').answer([PUSH]);
    expect(api.last('enroll').options).toMatchObject({
      mfaToken: 'for-the-mfa-api',
      factor: 'sms',
      phoneNumber: '+15551234567',
    });
    await api.last('enroll').answer({ factor: 'sms', binding: 'prompt', oobCode: 'oob' });
    actor.send({ type: 'code.submit', code: '123456' });
    await settled();
    const tokens = { accessToken: 'at', tokenType: 'Bearer' };
    await api.last('redeem').answer({ status: 'approved', tokens });
    expect(actor.getSnapshot().status).toBe('done');
    expect(JSON.stringify(actor.getSnapshot())).not.toContain('for-the-mfa-api');
  });

  it('ends when the token expires, by default after ten minutes', async () => {
    const api = createFakeApi();
    const clock = createFakeClock();
    const adds = { factor: 'push', accessToken: 'for-the-mfa-api' } as const;
    const settings = { challengeTtlMs: 3_600_000, flowTtlMs: 3_600_000 };
    const actor = createStepUpActor({ way: api, adds, settings, clock, random: () => 0 });
    const begun = clock.now();
    actor.send({ type: 'flow.start' });
    await settled();
    await api.last('list').answer([PUSH]);
    await api
      .last('enroll')
      .answer({ factor: 'push', binding: 'poll', oobCode: 'o', barcodeUri: 'otpauth://x' });
    expect(actor.view).toMatchObject({ state: 'confirming', expiresAt: begun + 600_000 });
  });
});
