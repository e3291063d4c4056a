import { describe, expect, it } from 'vitest';
import { type Authenticator, advanceFlow, createView, type FlowView, isDone } from '../../src/index.ts';
import {
  confirmingDriver,
  createDriver,
  EMAIL,
  EVERY_FACT,
  everyPlace,
  type FlowDriver,
  listed,
  listedDriver,
  MFA_REQUIRED,
  OTHER_PUSH,
  OTP,
  PENDING,
  PUSH,
  pollingDriver,
  RECOVERY,
  SMS,
  TOKENS,
  VERIFIED,
} from '../support/flow-driver.ts';

const PLACES = [
  'idle',
  'authenticating.askingPassword',
  'authenticating.requesting',
  'authenticating.backingOff',
  'listing.requesting',
  'listing.backingOff',
  'choosing',
  'enrolling.requesting',
  'enrolling.backingOff',
  'confirming.waiting',
  'confirming.requesting',
  'challenging',
  'polling.waiting',
  'polling.requesting',
  'prompting',
  'verifying',
  'identifying.requesting',
  'identifying.backingOff',
  'acknowledging',
  'rejected',
  'expired',
  'failed',
  'approved',
  'cancelled',
] as const;

function at(place: (typeof PLACES)[number]): FlowDriver {
  const driver = everyPlace()[place];
  if (driver === undefined) throw new Error(`no flow is in ${place}`);
  return driver;
}

function viewOf({ state, now }: FlowDriver): FlowView {
  return createView({ state, openVault: () => ({}), version: 1, now });
}

const choose = ({ id }: { readonly id: string }) => ({ type: 'factor.choose', authenticatorId: id }) as const;

describe('the factors that a user has', () => {
  it('challenges the only push at once', () => {
    const driver = listedDriver([PUSH, OTP, SMS]);
    expect(driver.place).toBe('challenging');
    expect(driver.lastEffect).toEqual({
      type: 'challenge',
      params: { seq: 3, factor: 'push', authenticatorId: PUSH.id },
    });
  });

  it('asks which phone when there are two', () => {
    const driver = listedDriver([PUSH, OTHER_PUSH]);
    expect(driver.place).toBe('choosing');
    expect(driver.count('challenge')).toBe(0);
  });

  it('asks when there is no push', () => {
    expect(listedDriver([OTP, SMS]).place).toBe('choosing');
  });

  it('ignores an authenticator that was never confirmed', () => {
    const driver = listedDriver([{ ...OTHER_PUSH, active: false }, PUSH]);
    expect(driver.place).toBe('challenging');
    expect(driver.target?.authenticatorId).toBe(PUSH.id);
    expect(listedDriver([{ ...PUSH, active: false }]).place).toBe('enrolling.requesting');
  });

  it('ignores a factor that the route does not ask for', () => {
    const driver = listedDriver([PUSH, OTP], { factors: ['otp'] });
    expect(driver.place).toBe('choosing');
    expect(driver.ask(choose(PUSH))).toBe(false);
    expect(driver.ask(choose(OTP))).toBe(true);
  });

  it('ignores a factor that the provider does not ask for', () => {
    const driver = createDriver();
    driver.ask({ type: 'flow.start' });
    driver.answer({ type: 'mfa.required', requirements: { challenge: ['otp'] } });
    driver.answer(listed(PUSH, OTP));
    expect(driver.place).toBe('choosing');
    expect(driver.ask(choose(PUSH))).toBe(false);
  });

  it('adds only the factors that the provider allows', () => {
    const driver = createDriver();
    driver.ask({ type: 'flow.start' });
    driver.answer({ type: 'mfa.required', requirements: { enroll: ['otp'] } });
    driver.answer(listed());
    expect(driver.lastEffect).toEqual({ type: 'enroll', params: { seq: 3, factor: 'otp' } });
  });

  it('adds a push when there is none', () => {
    const driver = listedDriver([]);
    expect(driver.place).toBe('enrolling.requesting');
    expect(driver.lastEffect).toEqual({ type: 'enroll', params: { seq: 3, factor: 'push' } });
  });

  it('adds a one-time password when that is all that counts', () => {
    expect(listedDriver([], { factors: ['otp', 'recovery-code'] }).lastEffect?.params).toMatchObject({
      factor: 'otp',
    });
  });

  it('asks before it adds a factor that sends a message', () => {
    const driver = listedDriver([], { factors: ['sms', 'email'] });
    expect(driver.place).toBe('choosing');
    expect(driver.count('enroll')).toBe(0);
    expect(driver.ask({ type: 'enrollment.begin', factor: 'sms' })).toBe(true);
    expect(driver.place).toBe('enrolling.requesting');
  });

  it('can add a factor for a user who has only a verified e-mail address', () => {
    const driver = listedDriver([EMAIL]);
    expect(driver.place).toBe('choosing');
    expect(viewOf(driver).enrollable).toContain('push');
    expect(driver.ask({ type: 'enrollment.begin', factor: 'push' })).toBe(true);
  });

  it('adds nothing for a user who has a factor, even one that does not count here', () => {
    const driver = listedDriver([SMS], { factors: ['push'] });
    expect(driver.place).toBe('failed');
    expect(driver.reason).toBe('no_usable_factor');
    expect(driver.ask({ type: 'enrollment.begin', factor: 'push' })).toBe(false);
  });

  it('does not use an authenticator that is too new, and does not add another one instead', () => {
    const asks = { minAuthenticatorAgeMs: 1_000, enroll: 'refuse' } as const;
    const now = listedDriver([], asks).now;
    const since = (knownSince: number): Authenticator => ({ ...PUSH, knownSince });

    expect(listedDriver([since(now - 1_000)], asks).place).toBe('challenging');
    for (const tooNew of [since(now - 999), PUSH]) {
      const driver = listedDriver([tooNew], asks);
      expect(driver.place).toBe('failed');
      expect(driver.reason).toBe('authenticator_too_new');
      expect(viewOf(driver).authenticators).toEqual([]);
      expect(driver.count('challenge') + driver.count('enroll')).toBe(0);
    }
    expect(listedDriver([], asks).reason).toBe('enrollment_refused');
  });

  it('ignores a choice that is not on the list', () => {
    const driver = at('choosing');
    expect(driver.ask({ type: 'factor.choose', authenticatorId: 'sms|dev_99' })).toBe(false);
    expect(driver.place).toBe('choosing');
  });

  it('asks for a code without a challenge when the user has it in an app or on paper', () => {
    const driver = listedDriver([OTP, RECOVERY]);
    driver.ask(choose(OTP));
    expect(driver.place).toBe('prompting');
    driver.ask(choose(RECOVERY));
    expect(driver.place).toBe('prompting');
    expect(driver.count('challenge')).toBe(0);
    driver.ask({ type: 'code.submit' });
    expect(driver.lastEffect).toMatchObject({
      type: 'verify',
      params: { factor: 'recovery-code', enrolling: false },
    });
  });
});

describe('adding a factor', () => {
  it('is refused when the rule says so', () => {
    const driver = listedDriver([], { enroll: 'refuse' });
    expect(driver.place).toBe('failed');
    expect(driver.reason).toBe('enrollment_refused');
    expect(driver.ask({ type: 'enrollment.begin', factor: 'push' })).toBe(false);
    expect(viewOf(driver).enrollable).toEqual([]);
  });

  it('asks for the password first when the rule says so', () => {
    const driver = listedDriver([], { enroll: 'password', firstLegs: ['refresh-token'] });
    expect(driver.place).toBe('authenticating.askingPassword');
    expect(driver.reason).toBe('password_needed');
    expect(driver.count('enroll')).toBe(0);

    driver.ask({ type: 'password.submit' });
    expect(driver.lastEffect).toMatchObject({ type: 'authenticate', params: { method: 'password' } });
    driver.answer(MFA_REQUIRED);
    driver.answer(listed());
    expect(driver.place).toBe('enrolling.requesting');
    expect(driver.lastEffect).toMatchObject({ type: 'enroll', params: { factor: 'push' } });
  });

  it('does not ask for the password after it was the first leg', () => {
    expect(listedDriver([], { enroll: 'password', firstLegs: ['password'] }).place).toBe(
      'enrolling.requesting',
    );
  });

  it('asks for the password again when its token has expired', () => {
    const driver = listedDriver([EMAIL], { enroll: 'password', firstLegs: ['password'] });
    driver.wait(driver.context.settings.mfaTokenTtlMs);
    driver.ask({ type: 'enrollment.begin', factor: 'push' });
    expect(driver.place).toBe('authenticating.askingPassword');
    expect(driver.count('enroll')).toBe(0);
  });

  it('asks for the password at once, without a silent sign-in, when its token has expired', () => {
    const driver = listedDriver([EMAIL], { enroll: 'password', firstLegs: ['refresh-token'] });
    driver.ask({ type: 'enrollment.begin', factor: 'push' });
    driver.ask({ type: 'password.submit' });
    driver.answer(MFA_REQUIRED);
    driver.answer(listed(EMAIL));
    driver.fail('provider_error');
    driver.wait(driver.context.settings.mfaTokenTtlMs);
    driver.ask({ type: 'enrollment.begin', factor: 'push' });
    expect(driver.place).toBe('authenticating.askingPassword');
    expect(driver.reason).toBe('password_needed');
  });

  it('asks for the password again when the provider refuses its token', () => {
    const driver = listedDriver([], { enroll: 'password', firstLegs: ['refresh-token'] });
    driver.ask({ type: 'password.submit' });
    driver.answer(MFA_REQUIRED);
    driver.answer(listed());
    driver.fail('mfa_token_expired');
    expect(driver.lastEffect).toMatchObject({ type: 'authenticate', params: { method: 'refresh-token' } });
    driver.answer(MFA_REQUIRED);
    driver.answer(listed());
    expect(driver.place).toBe('authenticating.askingPassword');
    expect(driver.count('enroll')).toBe(1);
  });

  it('asks for the password again after a silent renewal', () => {
    const driver = listedDriver([EMAIL], { enroll: 'password', firstLegs: ['refresh-token'] });
    driver.ask({ type: 'enrollment.begin', factor: 'sms' });
    driver.ask({ type: 'password.submit' });
    driver.answer(MFA_REQUIRED);
    driver.answer(listed(EMAIL));
    driver.fail('input_invalid');
    driver.ask({ type: 'flow.retry' });
    driver.answer(MFA_REQUIRED);
    driver.answer(listed(EMAIL));
    driver.ask({ type: 'enrollment.begin', factor: 'sms' });
    expect(driver.place).toBe('authenticating.askingPassword');
  });

  it('cannot get around the password by any request, in any order', () => {
    const requests = [
      { type: 'enrollment.begin', factor: 'push' },
      { type: 'enrollment.begin', factor: 'email' },
      choose(EMAIL),
      { type: 'flow.retry' },
      { type: 'challenge.resend' },
      { type: 'code.submit' },
    ] as const;
    const seen = new Set<string>();
    const walk = (driver: FlowDriver, depth: number): void => {
      if (depth === 0) return;
      for (const request of requests) {
        const next = driver.fork();
        next.wait(20_000);
        if (!next.ask(request)) continue;
        if (next.place === 'authenticating.requesting') next.answer(MFA_REQUIRED);
        if (next.place === 'listing.requesting') next.answer(listed(EMAIL));
        if (next.place === 'challenging') next.answer({ type: 'challenge.sent', binding: 'prompt' });
        if (next.place === 'verifying') next.fail('code_refused');
        seen.add(next.place);
        expect(next.count('enroll')).toBe(0);
        walk(next, depth - 1);
      }
    };
    walk(listedDriver([EMAIL], { enroll: 'password', firstLegs: ['refresh-token'] }), 5);
    expect([...seen].sort()).toEqual(['authenticating.askingPassword', 'choosing', 'prompting']);
  });

  it('offers the existing authenticators when the user turns out to be enrolled', () => {
    const driver = listedDriver([]);
    driver.fail('already_enrolled');
    expect(driver.place).toBe('listing.requesting');
    driver.answer(listed(OTP, SMS));
    expect(driver.place).toBe('choosing');
    expect(viewOf(driver).enrollable).toEqual([]);
  });

  it('does not try again when the provider says enrolled but lists nothing', () => {
    const driver = listedDriver([]);
    driver.fail('already_enrolled');
    driver.answer(listed());
    expect(driver.place).toBe('failed');
    expect(driver.reason).toBe('no_usable_factor');
    expect(driver.count('enroll')).toBe(1);
  });

  it('adds a factor when the challenged authenticator is not enrolled', () => {
    for (const code of ['not_enrolled', 'factor_unavailable'] as const) {
      const driver = listedDriver([EMAIL, { ...OTP, active: false }]);
      driver.ask(choose(EMAIL));
      expect(driver.place).toBe('challenging');
      driver.fail(code);
      expect(driver.place).toBe('enrolling.requesting');
    }
  });

  it('offers the others when a challenged authenticator no longer exists', () => {
    const driver = listedDriver([PUSH, OTP]);
    driver.fail('not_enrolled');
    expect(driver.place).toBe('choosing');
    expect(driver.ask(choose(PUSH))).toBe(false);
    expect(driver.ask(choose(OTP))).toBe(true);
  });

  it('does not treat an unavailable factor as not enrolled', () => {
    const driver = listedDriver([PUSH, OTP]);
    driver.fail('factor_unavailable');
    expect(driver.place).toBe('failed');
    expect(driver.reason).toBe('factor_unavailable');
    expect(driver.ask(choose(OTP))).toBe(true);
  });

  it('notes that an approval may come from a factor that this flow added', () => {
    const driver = confirmingDriver();
    expect(driver.context.enrolledInFlow).toBe(true);
    driver.tickWhenDue();
    driver.answer(TOKENS);
    driver.answer(VERIFIED);
    expect(driver.place).toBe('approved');
    expect(driver.context.enrolledInFlow).toBe(true);
    expect(pollingDriver().context.enrolledInFlow).toBe(false);
  });

  it('asks for the code that was sent to a new number, and confirms with it', () => {
    const driver = listedDriver([], { factors: ['sms'] });
    driver.ask({ type: 'enrollment.begin', factor: 'sms' });
    driver.answer({ type: 'enrollment.started', binding: 'prompt', hasRecoveryCodes: false });
    expect(driver.place).toBe('prompting');
    driver.ask({ type: 'code.submit' });
    expect(driver.lastEffect).toMatchObject({ type: 'verify', params: { factor: 'sms', enrolling: true } });
  });

  it('sends no second code to a new number too soon, or without a request when delivery is unknown', () => {
    const driver = listedDriver([], { factors: ['sms'] });
    driver.ask({ type: 'enrollment.begin', factor: 'sms' });
    driver.fail('provider_unavailable');
    expect(driver.place).toBe('failed');
    expect(driver.reason).toBe('delivery_unknown');
    expect(driver.tick()).toBe(false);
    expect(driver.ask({ type: 'enrollment.begin', factor: 'sms' })).toBe(false);
    driver.wait(driver.context.settings.resendAfterMs);
    expect(driver.ask({ type: 'enrollment.begin', factor: 'sms' })).toBe(true);
  });

  it('retries automatically when adding sends nothing', () => {
    const driver = at('enrolling.backingOff');
    expect(driver.reason).toBe('provider_unavailable');
    driver.tickWhenDue();
    expect(driver.place).toBe('enrolling.requesting');
    expect(driver.count('enroll')).toBe(2);
  });
});

describe('recovery codes', () => {
  it('must be acknowledged before a new factor approves', () => {
    const driver = confirmingDriver({}, true);
    driver.tickWhenDue();
    driver.answer(TOKENS);
    driver.answer(VERIFIED);
    expect(driver.place).toBe('acknowledging');
    expect(driver.tick()).toBe(false);
    driver.ask({ type: 'codes.acknowledge' });
    expect(driver.place).toBe('approved');
  });

  it('are kept when a second enrolment brings none', () => {
    const driver = confirmingDriver({}, true);
    driver.wait(driver.context.settings.challengeTtlMs);
    driver.tick();
    expect(driver.place).toBe('expired');
    driver.ask({ type: 'flow.retry' });
    driver.answer(MFA_REQUIRED);
    driver.answer(listed());
    driver.answer({ type: 'enrollment.started', binding: 'poll', hasRecoveryCodes: false });
    driver.tickWhenDue();
    driver.answer(TOKENS);
    driver.answer(VERIFIED);
    expect(driver.place).toBe('acknowledging');
  });

  it('must be acknowledged when a used one was replaced', () => {
    const driver = listedDriver([RECOVERY, SMS]);
    driver.ask(choose(RECOVERY));
    driver.ask({ type: 'code.submit' });
    driver.answer({ type: 'tokens.received', hasRecoveryCodes: true });
    driver.answer(VERIFIED);
    expect(driver.place).toBe('acknowledging');
  });

  it('need no acknowledgement when there are none', () => {
    const driver = at('identifying.requesting');
    driver.answer(VERIFIED);
    expect(driver.place).toBe('approved');
  });
});

describe('another factor after the first (chained MFA)', () => {
  it.each(['polling.requesting', 'confirming.requesting', 'verifying'] as const)(
    'continues with the new token from %s, and asks which factor before it sends anything',
    (place) => {
      const driver = at(place);
      const challenges = driver.count('challenge');
      driver.answer(MFA_REQUIRED);
      expect(driver.place).toBe('listing.requesting');
      driver.answer(listed(PUSH, OTP));
      expect(driver.place).toBe('choosing');
      expect(driver.count('challenge')).toBe(challenges);
      expect(driver.ask(choose(OTP))).toBe(true);
    },
  );

  it("follows the provider's new requirements", () => {
    const driver = at('polling.requesting');
    driver.answer({ type: 'mfa.required', requirements: { challenge: ['sms'] } });
    driver.answer(listed(PUSH, OTP, SMS));
    driver.wait(60_000);
    expect(driver.ask(choose(PUSH))).toBe(false);
    expect(driver.ask(choose(SMS))).toBe(true);
  });

  it('ends when the user starts again', () => {
    const driver = at('polling.requesting');
    driver.answer(MFA_REQUIRED);
    driver.answer(listed(PUSH, OTP));
    driver.wait(60_000);
    driver.ask({ type: 'flow.retry' });
    driver.answer(MFA_REQUIRED);
    driver.answer(listed(PUSH, OTP));
    expect(driver.place).toBe('challenging');
  });
});

describe.each(PLACES)('in %s', (place) => {
  it('a late fact changes nothing', () => {
    const driver = at(place);
    const before = JSON.stringify(driver.state);
    for (const fact of EVERY_FACT) {
      for (const seq of [0, driver.context.seq - 1, driver.context.seq + 1]) {
        expect(driver.answer(fact, seq), `${fact.type} ${seq}`).toBe(false);
      }
    }
    expect(JSON.stringify(driver.state)).toBe(before);
  });

  it('cancel ends the flow for good, and does not change a finished one', () => {
    const driver = at(place);
    const wasDone = isDone(driver.state);
    const effects = driver.effects.length;
    expect(driver.ask({ type: 'flow.cancel' })).toBe(!wasDone);
    expect(driver.place).toBe(place === 'approved' ? 'approved' : 'cancelled');
    expect(driver.effects).toHaveLength(effects);
    if (!wasDone) expect(driver.reason).toBe('cancelled');
    for (const request of ['flow.start', 'flow.retry', 'flow.cancel', 'codes.acknowledge'] as const) {
      expect(driver.ask({ type: request })).toBe(false);
    }
    for (const fact of EVERY_FACT) expect(driver.answer(fact), fact.type).toBe(false);
    driver.wait(10 * 3_600_000);
    expect(driver.tick()).toBe(false);
  });

  it('time ends an abandoned flow, without another request', () => {
    const driver = at(place);
    const effects = driver.effects.length;
    const isTimeless = ['idle', 'expired', 'approved', 'cancelled'].includes(place);
    driver.wait(driver.context.settings.flowTtlMs);
    expect(driver.tick()).toBe(!isTimeless);
    expect(driver.place).toBe(isTimeless ? place : 'expired');
    expect(driver.effects).toHaveLength(effects);
  });

  it('an identity fact alone approves nothing', () => {
    const driver = at(place);
    const accepted = driver.answer(VERIFIED);
    expect(accepted).toBe(place === 'identifying.requesting');
    if (!accepted) expect(driver.place).toBe(place);
  });

  it('the view names exactly the requests that the flow takes now or later', () => {
    const driver = at(place);
    const requests = [
      { type: 'flow.start' },
      { type: 'password.submit' },
      { type: 'code.submit' },
      { type: 'codes.acknowledge' },
      { type: 'challenge.resend' },
      ...[PUSH, OTP, SMS].map(choose),
      ...(['push', 'otp', 'sms', 'voice', 'email'] as const).map(
        (factor) => ({ type: 'enrollment.begin', factor }) as const,
      ),
      { type: 'flow.retry' },
      { type: 'flow.cancel' },
    ] as const;
    const later = { at: driver.now + 1e12, jitterMs: 0 };
    const taken = requests.filter((request) => advanceFlow(driver.state, { ...request, ...later }).accepted);
    expect([...viewOf(driver).allowedEvents].sort()).toEqual(
      [...new Set(taken.map(({ type }) => type))].sort(),
    );
  });
});

describe('facts that no longer matter', () => {
  it('the result of a superseded challenge is ignored', () => {
    const driver = pollingDriver([PUSH, OTHER_PUSH]);
    expect(driver.place).toBe('choosing');
    driver.ask(choose(PUSH));
    const first = driver.context.seq;
    driver.answer({ type: 'challenge.sent', binding: 'poll' });
    driver.tickWhenDue();
    driver.ask(choose(OTHER_PUSH));
    expect(driver.answer({ type: 'challenge.sent', binding: 'poll' }, first)).toBe(false);
    expect(driver.answer(TOKENS, first + 1)).toBe(false);
    expect(driver.place).toBe('challenging');
  });

  it('the result of a poll is ignored after another factor was chosen', () => {
    const driver = at('polling.requesting');
    const seq = driver.context.seq;
    driver.ask(choose(OTP));
    expect(driver.place).toBe('prompting');
    // The number is still the current one, but the state takes no such fact.
    expect(driver.answer(TOKENS, seq)).toBe(false);
    expect(driver.answer(PENDING, seq)).toBe(false);
    expect(driver.place).toBe('prompting');
  });
});
