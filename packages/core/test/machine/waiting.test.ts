import { describe, expect, it } from 'vitest';
import {
  type Authenticator,
  advanceFlow,
  createView,
  dueAt,
  type FlowView,
  type ReasonCode,
} from '../../src/index.ts';
import {
  confirmingDriver,
  createDriver,
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

function at(place: string): FlowDriver {
  const driver = everyPlace()[place];
  if (driver === undefined) throw new Error(`no flow is in ${place}`);
  return driver;
}

function viewOf({ state, now }: FlowDriver): FlowView {
  return createView({ state, openVault: () => ({}), version: 1, now });
}

const choose = ({ id }: { readonly id: string }) => ({ type: 'factor.choose', authenticatorId: id }) as const;

/** A flow that asks for the code of an authenticator app. */
function promptingDriver(): FlowDriver {
  const driver = listedDriver([OTP, SMS, RECOVERY]);
  driver.ask(choose(OTP));
  return driver;
}

/** A flow that asks for the code of a text message. */
function messagedDriver(): FlowDriver {
  const driver = listedDriver([OTP, SMS]);
  driver.ask(choose(SMS));
  driver.answer({ type: 'challenge.sent', binding: 'prompt' });
  return driver;
}

/** Starts again, up to the point where a factor is chosen. */
function retry(driver: FlowDriver, ...authenticators: readonly Authenticator[]): void {
  driver.ask({ type: 'flow.retry' });
  driver.answer(MFA_REQUIRED);
  driver.answer(listed(...authenticators));
}

describe.each([
  ['polling', pollingDriver, false],
  ['confirming', confirmingDriver, true],
] as const)('while %s', (state, create, enrolling) => {
  function polledDriver(): FlowDriver {
    const driver = create();
    driver.tickWhenDue();
    return driver;
  }

  it('polls for the first time after one interval, not at once', () => {
    const driver = create();
    expect(dueAt(driver.state)).toBe(driver.now + 5_000);
    driver.wait(4_999);
    expect(driver.tick()).toBe(false);
    driver.wait(1);
    expect(driver.tick()).toBe(true);
    expect(driver.lastEffect).toMatchObject({ type: 'poll', params: { enrolling } });
  });

  it("polls at the provider's interval when that is longer", () => {
    if (enrolling) return;
    const driver = listedDriver([PUSH]);
    driver.answer({ type: 'challenge.sent', binding: 'poll', intervalMs: 8_000, expiresInMs: 60_000 });
    expect(dueAt(driver.state)).toBe(driver.now + 8_000);
    expect(viewOf(driver).expiresAt).toBe(driver.now + 60_000);
    const hasty = listedDriver([PUSH]);
    hasty.answer({ type: 'challenge.sent', binding: 'poll', intervalMs: 1_000 });
    expect(dueAt(hasty.state)).toBe(hasty.now + 5_000);
  });

  it('adds the jitter that comes with the event', () => {
    const driver = polledDriver();
    const { context } = driver;
    const { at, seq } = { at: driver.now, seq: context.seq };
    const { state } = advanceFlow(driver.state, { ...PENDING, at, seq, jitterMs: 777 });
    expect(dueAt(state)).toBe(at + 5_777);
  });

  it('has at most one poll open', () => {
    const driver = polledDriver();
    driver.wait(60_000);
    expect(driver.tick()).toBe(false);
    expect(driver.count('poll')).toBe(1);
  });

  it('continues after a pending response', () => {
    const driver = polledDriver();
    driver.answer(PENDING);
    expect(driver.place).toBe(`${state}.waiting`);
    expect(dueAt(driver.state)).toBe(driver.now + 5_000);
  });

  it('stays slow after slow_down', () => {
    const driver = polledDriver();
    driver.answer({ type: 'poll.slowed' });
    for (let poll = 0; poll < 3; poll += 1) {
      expect(dueAt(driver.state)).toBe(driver.now + 10_000);
      driver.tickWhenDue();
      driver.answer(PENDING);
    }
    driver.tickWhenDue();
    driver.answer({ type: 'poll.slowed', retryAfterMs: 20_000 });
    driver.tickWhenDue();
    driver.answer(PENDING);
    expect(dueAt(driver.state)).toBe(driver.now + 20_000);
  });

  it('waits as long as a 429 says', () => {
    const driver = polledDriver();
    driver.fail('rate_limited', 42_000);
    expect(driver.place).toBe(`${state}.waiting`);
    expect(dueAt(driver.state)).toBe(driver.now + 42_000);
    expect(viewOf(driver).reason).toBe('rate_limited');
  });

  it('waits for its deadline when a 429 asks for more than that', () => {
    const driver = polledDriver();
    driver.fail('rate_limited', 3_600_000);
    expect(driver.place).toBe(`${state}.waiting`);
    expect(dueAt(driver.state)).toBe(driver.context.challengeExpiresAt);
    driver.tickWhenDue();
    expect(driver.place).toBe('expired');
    expect(driver.reason).toBe('challenge_expired');
    expect(driver.count('poll')).toBe(1);
  });

  it('is never ended by transient failures, only by its deadline', () => {
    const driver = create();
    const deadline = driver.context.challengeExpiresAt;
    while (driver.place !== 'expired') {
      driver.tickWhenDue();
      if (driver.place === 'expired') break;
      expect(driver.now).toBeLessThan(deadline);
      driver.fail('provider_unavailable');
      expect(driver.place).toBe(`${state}.waiting`);
    }
    expect(driver.now).toBe(deadline);
    expect(driver.reason).toBe('challenge_expired');
    expect(driver.count('poll')).toBeGreaterThan(5);
  });

  it('forgets the back-off and the reason when the provider responds again', () => {
    const driver = polledDriver();
    driver.fail('provider_unavailable');
    driver.tickWhenDue();
    driver.fail('provider_unavailable');
    expect(dueAt(driver.state)).toBe(driver.now + 20_000);
    driver.tickWhenDue();
    driver.answer(PENDING);
    expect(dueAt(driver.state)).toBe(driver.now + 5_000);
    expect(driver.reason).toBeUndefined();
  });

  it('accepts tokens after many failures', () => {
    const driver = polledDriver();
    driver.fail('provider_unavailable');
    driver.tickWhenDue();
    driver.answer(TOKENS);
    expect(driver.place).toBe('identifying.requesting');
    expect(driver.lastEffect?.type).toBe('identify');
    expect(driver.context.provenAt).toBe(driver.now);
  });

  it('does not outlive its mfa_token', () => {
    const driver = createDriver({ mfaTokenTtlMs: 30_000 });
    driver.ask({ type: 'flow.start' });
    driver.answer(MFA_REQUIRED);
    const runsOutAt = driver.now + 30_000;
    driver.wait(7_000);
    driver.answer(enrolling ? listed() : listed(PUSH));
    driver.answer(
      enrolling
        ? { type: 'enrollment.started', binding: 'poll', hasRecoveryCodes: false }
        : { type: 'challenge.sent', binding: 'poll', expiresInMs: 600_000 },
    );
    expect(driver.place).toBe(`${state}.waiting`);
    expect(viewOf(driver).expiresAt).toBe(runsOutAt);
  });

  it('ends when the user says no', () => {
    const driver = polledDriver();
    driver.answer({ type: 'poll.rejected' });
    expect(driver.place).toBe('rejected');
    expect(driver.reason).toBe('rejected');
    expect(dueAt(driver.state)).toBe(driver.context.expiresAt);
  });

  it.each(['challenge_expired', 'mfa_token_expired'] as const)('ends with %s', (code) => {
    const driver = polledDriver();
    driver.fail(code);
    expect(driver.place).toBe('expired');
    expect(driver.reason).toBe(code);
  });

  it.each(['result_lost', 'provider_error', 'provider_misconfigured', 'factor_unavailable'] as const)(
    'fails with %s, and stops polling',
    (code: ReasonCode) => {
      const driver = polledDriver();
      driver.fail(code);
      expect(driver.place).toBe('failed');
      expect(driver.reason).toBe(code);
    },
  );

  it('asks for a code when the provider requires one after all', () => {
    const driver = polledDriver();
    driver.fail('code_refused');
    expect(driver.place).toBe('prompting');
    expect(driver.ask({ type: 'code.submit' })).toBe(true);
    expect(driver.lastEffect).toMatchObject({ type: 'verify', params: { factor: 'push', enrolling } });
  });
});

describe('a push that was not approved', () => {
  it.each(['rejected', 'expired', 'failed'] as const)('offers the next steps: %s', (place) => {
    expect(viewOf(at(place)).allowedEvents).toEqual([
      'challenge.resend',
      'factor.choose',
      'flow.retry',
      'flow.cancel',
    ]);
  });

  it.each(['rejected', 'expired', 'failed'] as const)('is sent again when the user asks: %s', (place) => {
    const driver = at(place);
    driver.wait(15_000);
    expect(driver.ask({ type: 'challenge.resend' })).toBe(true);
    expect(driver.place).toBe('challenging');
    expect(driver.count('challenge')).toBe(2);
  });

  it('is sent again with a new token when the old one has expired', () => {
    const driver = at('rejected');
    driver.wait(driver.context.settings.mfaTokenTtlMs);
    driver.ask({ type: 'challenge.resend' });
    expect(driver.place).toBe('authenticating.requesting');
    driver.answer(MFA_REQUIRED);
    driver.answer(listed(PUSH, OTP));
    expect(driver.place).toBe('challenging');
    expect(driver.target?.authenticatorId).toBe(PUSH.id);
  });

  it('is not sent again before the waiting time is over, whatever the request', () => {
    const driver = at('rejected');
    driver.wait(8_000);
    expect(viewOf(driver).resendAllowedAt).toBeGreaterThan(driver.now);
    expect(driver.ask({ type: 'challenge.resend' })).toBe(false);
    expect(driver.ask(choose(PUSH))).toBe(false);
    retry(driver, PUSH, OTP);
    expect(driver.place).toBe('choosing');
    expect(driver.count('challenge')).toBe(1);
  });

  it('is never sent again without a request, however long the flow waits', () => {
    const driver = at('rejected');
    for (let step = 0; step < 5; step += 1) driver.tickWhenDue();
    expect(driver.place).toBe('expired');
    expect(driver.count('challenge')).toBe(1);
  });
});

describe('a message that the user asked for long ago', () => {
  /** The provider is down for this long from the start. */
  function lateDriver(ms: number, authenticators: readonly Authenticator[]): FlowDriver {
    const driver = createDriver();
    driver.ask({ type: 'flow.start' });
    driver.fail('provider_unavailable', ms);
    driver.tickWhenDue();
    driver.answer(MFA_REQUIRED);
    driver.answer(listed(...authenticators));
    return driver;
  }

  it('is not sent when the flow resumes: the flow asks first', () => {
    const driver = lateDriver(61_000, [PUSH, OTP]);
    expect(driver.place).toBe('choosing');
    expect(driver.count('challenge')).toBe(0);
    expect(driver.ask(choose(PUSH))).toBe(true);
    expect(driver.place).toBe('challenging');
  });

  it('is sent while the user still expects it', () => {
    expect(lateDriver(60_000, [PUSH, OTP]).place).toBe('challenging');
  });

  it('is not sent again after a late renewal of the token', () => {
    const driver = at('rejected');
    driver.wait(driver.context.settings.mfaTokenTtlMs);
    driver.ask({ type: 'challenge.resend' });
    driver.fail('provider_unavailable', 61_000);
    driver.tickWhenDue();
    driver.answer(MFA_REQUIRED);
    driver.answer(listed(PUSH, OTP));
    expect(driver.place).toBe('choosing');
    expect(driver.count('challenge')).toBe(1);
  });

  it('is not sent when a factor is added: the flow asks for the number again', () => {
    const adding = createDriver({ factors: ['sms', 'email'] });
    adding.ask({ type: 'flow.start' });
    adding.answer(MFA_REQUIRED);
    adding.answer(listed());
    adding.wait(adding.context.settings.mfaTokenTtlMs);
    adding.ask({ type: 'enrollment.begin', factor: 'sms' });
    expect(adding.place).toBe('authenticating.requesting');
    adding.fail('provider_unavailable', 61_000);
    adding.tickWhenDue();
    adding.answer(MFA_REQUIRED);
    adding.answer(listed());
    expect(adding.place).toBe('choosing');
    expect(adding.count('enroll')).toBe(0);
  });

  it('counts from the password, when that was entered last', () => {
    const driver = createDriver({ firstLegs: ['password'] });
    driver.ask({ type: 'flow.start' });
    driver.wait(120_000);
    driver.ask({ type: 'password.submit' });
    driver.answer(MFA_REQUIRED);
    driver.answer(listed(PUSH));
    expect(driver.place).toBe('challenging');
  });
});

describe('the last poll', () => {
  it.each([[5_000], [7_000], [11_000], [30_000]])(
    'comes right before the end of the challenge, at any pace (%i ms)',
    (pollIntervalMs) => {
      const driver = listedDriver([PUSH], { pollIntervalMs });
      driver.answer({ type: 'challenge.sent', binding: 'poll' });
      const { challengeExpiresAt } = driver.context;
      const polls: number[] = [];
      for (driver.tickWhenDue(); driver.place === 'polling.requesting'; driver.tickWhenDue()) {
        polls.push(driver.now);
        driver.answer(PENDING);
      }
      expect(driver.place).toBe('expired');
      expect(polls.at(-1)).toBe(challengeExpiresAt - 2_000);
      const steps = polls.slice(1).map((time, index) => time - (polls[index] ?? 0));
      expect(Math.min(...steps)).toBe(pollIntervalMs);
    },
  );

  it('notices an approval that came after the poll before', () => {
    const driver = pollingDriver([PUSH]);
    const { challengeExpiresAt } = driver.context;
    while (driver.now < challengeExpiresAt - 2_000) {
      driver.tickWhenDue();
      if (driver.now < challengeExpiresAt - 2_000) driver.answer(PENDING);
    }
    expect(driver.answer(TOKENS)).toBe(true);
    expect(driver.place).toBe('identifying.requesting');
  });

  it('comes no sooner than the provider allows', () => {
    const driver = pollingDriver([PUSH]);
    const { challengeExpiresAt } = driver.context;
    driver.tickWhenDue();
    driver.wait(challengeExpiresAt - driver.now - 10_000);
    driver.answer({ type: 'poll.slowed', retryAfterMs: 9_000 });
    expect(driver.context.nextPollAt).toBeGreaterThanOrEqual(challengeExpiresAt - 1_000);
  });
});

describe('a message whose delivery is unknown', () => {
  it.each(['provider_unavailable', 'result_lost'] as const)(
    'is not sent again without a request: %s',
    (code) => {
      const driver = listedDriver([PUSH, OTP]);
      driver.fail(code);
      expect(driver.place).toBe('failed');
      expect(driver.reason).toBe('delivery_unknown');
      for (let step = 0; step < 5; step += 1) driver.tickWhenDue();
      expect(driver.count('challenge')).toBe(1);
    },
  );

  it("can be sent again at the user's request, but not too soon", () => {
    const driver = listedDriver([PUSH, OTP]);
    driver.fail('provider_unavailable');
    expect(driver.ask({ type: 'challenge.resend' })).toBe(false);
    driver.wait(15_000);
    expect(driver.ask({ type: 'challenge.resend' })).toBe(true);
  });

  it('waits as long as the provider asks for after too many messages', () => {
    const driver = listedDriver([PUSH, OTP]);
    driver.fail('rate_limited', 40_000);
    expect(driver.place).toBe('failed');
    expect(driver.reason).toBe('rate_limited');
    driver.wait(39_999);
    expect(driver.ask({ type: 'challenge.resend' })).toBe(false);
    expect(driver.ask(choose(OTP))).toBe(true);
    driver.wait(1);
    expect(driver.ask(choose(PUSH))).toBe(true);
  });
});

describe('another factor while a push is pending', () => {
  it('can be chosen, and nothing is sent for a code from an app', () => {
    const driver = pollingDriver();
    expect(driver.ask(choose(OTP))).toBe(true);
    expect(driver.place).toBe('prompting');
    expect(driver.count('challenge')).toBe(1);
    expect(viewOf(driver).nextPollAt).toBeUndefined();
  });

  it('can be chosen while a poll is open', () => {
    const driver = at('polling.requesting');
    expect(driver.ask(choose(SMS))).toBe(true);
    expect(driver.place).toBe('challenging');
    expect(driver.lastEffect).toMatchObject({ params: { factor: 'sms', authenticatorId: SMS.id } });
  });

  it('can be another phone at once, but not the same one', () => {
    const driver = listedDriver([PUSH, OTHER_PUSH]);
    driver.ask(choose(PUSH));
    driver.answer({ type: 'challenge.sent', binding: 'poll' });
    expect(driver.ask(choose(PUSH))).toBe(false);
    expect(driver.ask(choose(OTHER_PUSH))).toBe(true);
  });

  it('does not avoid the waiting time of the first by switching back and forth', () => {
    const driver = pollingDriver();
    driver.ask(choose(OTP));
    expect(driver.ask(choose(PUSH))).toBe(false);
    driver.wait(15_000);
    expect(driver.ask(choose(PUSH))).toBe(true);
  });
});

describe('a code', () => {
  it('is asked for again when it was wrong', () => {
    const driver = promptingDriver();
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      expect(driver.ask({ type: 'code.submit' })).toBe(true);
      driver.fail('code_refused');
      expect(driver.place).toBe('prompting');
      expect(driver.reason).toBe('code_refused');
    }
    expect(driver.count('verify')).toBe(3);
  });

  it('is asked for again when it was lost', () => {
    for (const code of ['input_lost', 'provider_unavailable'] as const) {
      const driver = promptingDriver();
      driver.ask({ type: 'code.submit' });
      driver.fail(code);
      expect(driver.place).toBe('prompting');
      expect(driver.reason).toBe(code);
    }
  });

  it('is not accepted before the provider allows another one', () => {
    const driver = promptingDriver();
    driver.ask({ type: 'code.submit' });
    driver.fail('rate_limited', 9_000);
    expect(driver.ask({ type: 'code.submit' })).toBe(false);
    expect(viewOf(driver).retryAllowedAt).toBe(driver.now + 9_000);
    driver.wait(9_000);
    expect(driver.ask({ type: 'code.submit' })).toBe(true);
  });

  it('is not accepted while the budget of exchanges is used up', () => {
    const driver = promptingDriver();
    let taken = 0;
    while (driver.ask({ type: 'code.submit' })) {
      driver.fail('code_refused');
      taken += 1;
    }
    expect(taken).toBe(12);
    expect(viewOf(driver).retryAllowedAt).toBe(driver.now + 5_000);
    driver.wait(5_000);
    expect(driver.ask({ type: 'code.submit' })).toBe(true);
  });

  it('ends the attempt when too many were wrong, and the same factor must wait', () => {
    const driver = promptingDriver();
    driver.ask({ type: 'code.submit' });
    driver.fail('too_many_attempts', 60_000);
    expect(driver.place).toBe('failed');
    expect(viewOf(driver).retryAllowedAt).toBe(driver.now + 60_000);
    expect(driver.ask({ type: 'flow.retry' })).toBe(false);
    driver.ask(choose(OTP));
    expect(driver.ask({ type: 'code.submit' })).toBe(false);
    driver.ask(choose(RECOVERY));
    expect(driver.ask({ type: 'code.submit' })).toBe(true);
  });

  it('from an app does not expire, one that was sent does', () => {
    const typed = promptingDriver();
    typed.wait(typed.context.settings.challengeTtlMs);
    expect(typed.tick()).toBe(false);
    expect(viewOf(typed).expiresAt).toBe(typed.context.expiresAt);

    const sent = messagedDriver();
    expect(viewOf(sent).expiresAt).toBe(sent.context.challengeExpiresAt);
    sent.tickWhenDue();
    expect(sent.place).toBe('expired');
    expect(sent.reason).toBe('challenge_expired');
  });

  it('that was sent can be sent again after the waiting time', () => {
    const driver = messagedDriver();
    expect(driver.ask({ type: 'challenge.resend' })).toBe(false);
    driver.wait(15_000);
    expect(driver.ask({ type: 'challenge.resend' })).toBe(true);
    expect(driver.place).toBe('challenging');
  });

  it('leads to the other factors when its own no longer exists', () => {
    const missing = promptingDriver();
    missing.ask({ type: 'code.submit' });
    missing.fail('not_enrolled');
    expect(missing.place).toBe('choosing');
    expect(missing.ask(choose(OTP))).toBe(false);

    const withoutRecovery = promptingDriver();
    withoutRecovery.ask(choose(RECOVERY));
    withoutRecovery.ask({ type: 'code.submit' });
    withoutRecovery.fail('factor_unavailable');
    expect(withoutRecovery.place).toBe('failed');
    expect(withoutRecovery.reason).toBe('factor_unavailable');
    expect(withoutRecovery.ask(choose(RECOVERY))).toBe(false);
    expect(withoutRecovery.ask(choose(OTP))).toBe(true);
  });
});

describe('an mfa_token that has expired', () => {
  it.each(['listing.requesting', 'challenging', 'enrolling.requesting'] as const)(
    'is renewed once in %s, not in a loop',
    (place) => {
      const driver = at(place);
      const { target } = driver;
      driver.fail('mfa_token_expired');
      expect(driver.place).toBe('authenticating.requesting');
      driver.answer(MFA_REQUIRED);
      if (place !== 'listing.requesting') {
        driver.answer(listed(...(place === 'challenging' ? [PUSH, OTP] : [])));
        expect(driver.target).toEqual(target);
      }
      expect(driver.place).toBe(place);
      driver.fail('mfa_token_expired');
      expect(driver.place).toBe('failed');
      expect(driver.reason).toBe('mfa_token_expired');
      expect(driver.count('authenticate')).toBe(2);
    },
  );

  it('is renewed once while a code is checked, and the code is asked for again', () => {
    const driver = promptingDriver();
    driver.ask({ type: 'code.submit' });
    driver.fail('mfa_token_expired');
    expect(driver.place).toBe('authenticating.requesting');
    driver.answer(MFA_REQUIRED);
    driver.answer(listed(OTP, SMS));
    expect(driver.place).toBe('prompting');
    expect(driver.reason).toBe('input_lost');
    driver.ask({ type: 'code.submit' });
    driver.fail('mfa_token_expired');
    expect(driver.place).toBe('expired');
  });

  it('sends no new code while a sent one is checked', () => {
    const driver = messagedDriver();
    driver.ask({ type: 'code.submit' });
    driver.fail('mfa_token_expired');
    expect(driver.place).toBe('expired');
    expect(driver.count('challenge')).toBe(1);
  });

  it('starts from the first leg when the user continues', () => {
    const driver = promptingDriver();
    driver.wait(driver.context.settings.mfaTokenTtlMs);
    expect(driver.ask(choose(SMS))).toBe(true);
    expect(driver.place).toBe('authenticating.requesting');
    driver.answer(MFA_REQUIRED);
    driver.answer(listed(OTP, SMS));
    expect(driver.place).toBe('challenging');
    expect(driver.target?.authenticatorId).toBe(SMS.id);
  });

  it('is not used again after the provider refused it, whatever its expected life', () => {
    const driver = at('polling.requesting');
    driver.fail('mfa_token_expired');
    expect(driver.ask(choose(SMS))).toBe(true);
    expect(driver.place).toBe('authenticating.requesting');
  });

  it("is not used after the flow's end: the next start is a new first leg", () => {
    for (const request of [choose(SMS), { type: 'challenge.resend' } as const]) {
      const driver = pollingDriver([PUSH, SMS], { mfaTokenTtlMs: 3_600_000 });
      driver.wait(driver.context.settings.flowTtlMs);
      driver.tick();
      expect(driver.place).toBe('expired');
      expect(driver.ask(request)).toBe(true);
      expect(driver.place).toBe('authenticating.requesting');
      expect(driver.context.expiresAt).toBe(driver.now + driver.context.settings.flowTtlMs);
    }
  });

  it('leads to the choice when the chosen factor no longer exists', () => {
    const driver = promptingDriver();
    driver.wait(driver.context.settings.mfaTokenTtlMs);
    driver.ask(choose(SMS));
    driver.answer(MFA_REQUIRED);
    driver.answer(listed(OTP));
    expect(driver.place).toBe('choosing');
    expect(driver.target).toBeUndefined();
  });
});

describe('the first leg', () => {
  it('tries the methods in order, and ends when none is left', () => {
    const driver = createDriver({ firstLegs: ['mfa-token', 'refresh-token', 'password'] });
    driver.ask({ type: 'flow.start' });
    expect(driver.lastEffect?.params).toMatchObject({ method: 'mfa-token' });
    driver.fail('login_required');
    expect(driver.lastEffect?.params).toMatchObject({ method: 'refresh-token' });
    driver.fail('login_required');
    expect(driver.place).toBe('authenticating.askingPassword');
    driver.ask({ type: 'password.submit' });
    driver.fail('login_required');
    expect(driver.place).toBe('failed');
    expect(driver.reason).toBe('login_required');
  });

  it.each([
    'credentials_refused',
    'input_lost',
    'provider_unavailable',
    'rate_limited',
    'too_many_attempts',
  ] as const)('asks for the password again after %s', (code) => {
    const driver = createDriver({ firstLegs: ['password'] });
    driver.ask({ type: 'flow.start' });
    expect(driver.count('authenticate')).toBe(0);
    driver.ask({ type: 'password.submit' });
    driver.fail(code);
    expect(driver.place).toBe('authenticating.askingPassword');
    expect(driver.reason).toBe(code);
    expect(viewOf(driver).allowedEvents).toContain('password.submit');
  });

  it('ends when a password that was asked for in between leads nowhere', () => {
    const driver = listedDriver([], { enroll: 'password', firstLegs: ['refresh-token'] });
    driver.ask({ type: 'password.submit' });
    driver.fail('login_required');
    expect(driver.place).toBe('failed');
    expect(driver.reason).toBe('login_required');
    expect(driver.ask({ type: 'enrollment.begin', factor: 'push' })).toBe(true);
    expect(driver.place).toBe('authenticating.askingPassword');
  });

  it('does not accept another password before the waiting time is over', () => {
    const driver = createDriver({ firstLegs: ['password'] });
    driver.ask({ type: 'flow.start' });
    driver.ask({ type: 'password.submit' });
    driver.fail('too_many_attempts', 30_000);
    expect(driver.ask({ type: 'password.submit' })).toBe(false);
    driver.wait(30_000);
    expect(driver.ask({ type: 'password.submit' })).toBe(true);
  });

  it.each(['mfa_not_required', 'provider_misconfigured', 'provider_error'] as const)(
    'fails closed with %s',
    (code) => {
      const driver = createDriver();
      driver.ask({ type: 'flow.start' });
      driver.fail(code);
      expect(driver.place).toBe('failed');
      expect(driver.reason).toBe(code);
      expect(viewOf(driver).allowedEvents).toEqual(['flow.retry', 'flow.cancel']);
    },
  );
});

describe.each([
  'authenticating.backingOff',
  'listing.backingOff',
  'enrolling.backingOff',
  'identifying.backingOff',
])('a transient failure: %s', (place) => {
  const requesting = place.replace('backingOff', 'requesting');

  it('waits longer each time, up to 30 seconds, and is never final before the flow ends', () => {
    const driver = at(place);
    const waits: number[] = [];
    for (let failure = 0; failure < 8; failure += 1) {
      waits.push((dueAt(driver.state) ?? 0) - driver.now);
      driver.tickWhenDue();
      expect(driver.place).toBe(requesting);
      driver.fail('provider_unavailable');
      expect(driver.place).toBe(place);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('waits as long as a 429 says', () => {
    const driver = at(place);
    driver.tickWhenDue();
    driver.fail('rate_limited', 77_000);
    expect(driver.place).toBe(place);
    expect(dueAt(driver.state)).toBe(driver.now + 77_000);
    expect(viewOf(driver).nextPollAt).toBe(driver.now + 77_000);
  });

  it("does not wait for a time after the flow's end", () => {
    const driver = at(place);
    driver.tickWhenDue();
    driver.fail('rate_limited', 3_600_000);
    expect(driver.place).toBe('failed');
    expect(driver.reason).toBe('rate_limited');
    expect(viewOf(driver).retryAllowedAt).toBe(driver.now + 3_600_000);
    expect(driver.ask({ type: 'flow.retry' })).toBe(false);
  });
});

describe('whose approval it is', () => {
  it.each(['subject_mismatch', 'identity_refused', 'provider_error', 'result_lost'] as const)(
    'is not an approval with %s',
    (code) => {
      const driver = at('identifying.requesting');
      driver.fail(code);
      expect(driver.place).toBe('failed');
      expect(driver.reason).toBe(code);
      expect(driver.answer(VERIFIED)).toBe(false);
    },
  );

  it("is checked again after a transient failure, and the proof's age counts from the exchange", () => {
    const driver = at('identifying.backingOff');
    const { provenAt } = driver.context;
    driver.tickWhenDue();
    driver.answer(VERIFIED);
    expect(driver.place).toBe('approved');
    expect(driver.context.provenAt).toBe(provenAt);
    expect(provenAt).toBeLessThan(driver.now);
  });
});

describe('the end of a flow', () => {
  it('comes a quarter of an hour after the start, and the flow can be started again', () => {
    const driver = at('choosing');
    expect(dueAt(driver.state)).toBe(driver.context.expiresAt);
    driver.tickWhenDue();
    expect(driver.place).toBe('expired');
    expect(driver.reason).toBe('flow_expired');
    expect(dueAt(driver.state)).toBeUndefined();
    retry(driver, PUSH);
    expect(driver.place).toBe('challenging');
    expect(driver.context.expiresAt).toBe(driver.now + 900_000);
  });

  it('brings no last poll when it comes before the end of the challenge', () => {
    const driver = pollingDriver([PUSH, OTP], { flowTtlMs: 60_000 });
    driver.wait(60_000);
    driver.tick();
    expect(driver.place).toBe('expired');
    expect(driver.reason).toBe('flow_expired');
    expect(driver.count('poll')).toBe(0);
  });
});
