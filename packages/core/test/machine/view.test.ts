import { describe, expect, it } from 'vitest';
import { createView, type FlowView, isSameView, type Vault } from '../../src/index.ts';
import {
  CIBA,
  confirmingDriver,
  createDriver,
  everyPlace,
  type FlowDriver,
  listed,
  listedDriver,
  MFA_REQUIRED,
  mfaApiWay,
  OTP,
  PUSH,
  pollingDriver,
  SMS,
  TOKENS,
  VERIFIED,
} from '../support/flow-driver.ts';

const FULL: Required<Vault> = {
  mfaToken: 'mfa-token',
  pushCode: 'K7QM',
  oobCode: 'oob-code',
  barcodeUri: 'otpauth://totp/x',
  otpSecret: 'ABCDEFGH',
  recoveryCodes: ['RECOVERY'],
  phoneNumber: '+15550100',
  email: 'ada@bank.example',
  departure: {
    authorizationUrl: 'https://login.test/authorize?request_uri=one',
    subject: 'auth0|ada-away',
    state: 'state-of-departure',
    nonce: 'nonce-of-departure',
    verifier: 'verifier-of-departure',
    redirectUri: 'https://bank.test/callback',
    departedAt: 1_234_567,
  },
  times: { receivedAt: 2_345_678 },
  tokens: { accessToken: 'access', tokenType: 'Bearer' },
};

function viewOf({ state, now }: FlowDriver, vault: Vault = FULL): FlowView {
  return createView({ state, openVault: () => vault, version: 7, now });
}

const choose = ({ id }: { readonly id: string }) => ({ type: 'factor.choose', authenticatorId: id }) as const;

describe('the disclosure', () => {
  it.each(Object.entries(everyPlace()))(
    'in %s contains what this state must show, and no more',
    (place, driver) => {
      const [state] = place.split('.');
      const expected = {
        confirming: { barcodeUri: FULL.barcodeUri },
        redirecting: { authorizationUrl: FULL.departure?.authorizationUrl },
        acknowledging: { recoveryCodes: FULL.recoveryCodes },
      }[state ?? ''];
      expect(viewOf(driver).disclosure).toEqual(expected);
      const { disclosure: _shown, ...rest } = viewOf(driver);
      for (const secret of [...Object.values(FULL), ...Object.values(FULL.departure ?? {})]
        .flat()
        .map((value) => JSON.stringify(value))) {
        expect(JSON.stringify(rest)).not.toContain(secret);
      }
    },
  );

  it('contains the secret of a one-time password while it is added, and not while it is used', () => {
    const adding = listedDriver([], { factors: ['otp'] });
    adding.answer({ type: 'enrollment.started', binding: 'prompt', hasRecoveryCodes: false });
    expect(viewOf(adding)).toMatchObject({
      state: 'prompting',
      disclosure: { barcodeUri: FULL.barcodeUri, otpSecret: FULL.otpSecret },
    });
    expect(viewOf(everyPlace().prompting as FlowDriver).disclosure).toBeUndefined();
  });

  it('is absent when its secrets were lost', () => {
    expect(viewOf(confirmingDriver(), {})).not.toHaveProperty('disclosure');
  });
});

describe('the times of a view', () => {
  it('say when the same device can get another message, even while another one is chosen', () => {
    const driver = pollingDriver([PUSH, OTP, SMS]);
    const allowedAt = driver.now + 15_000;
    const times = { [PUSH.id]: allowedAt };
    expect(viewOf(driver)).toMatchObject({ resendAllowedAt: allowedAt, messageAllowedAt: times });
    driver.ask(choose(OTP));
    expect(viewOf(driver)).not.toHaveProperty('resendAllowedAt');
    expect(viewOf(driver)).toMatchObject({ state: 'prompting', messageAllowedAt: times });
  });

  it('say it when no device is chosen, and leave out devices that got no message', () => {
    const driver = pollingDriver([PUSH]);
    const allowedAt = driver.now + 15_000;
    driver.tickWhenDue();
    driver.answer({ type: 'poll.rejected' });
    driver.ask({ type: 'flow.retry' });
    driver.answer(MFA_REQUIRED);
    driver.answer(listed(PUSH));
    const view = viewOf(driver);
    expect(view).toMatchObject({ state: 'choosing', messageAllowedAt: { [PUSH.id]: allowedAt } });
    expect(view).not.toHaveProperty('resendAllowedAt');
    expect(viewOf(listedDriver([PUSH, OTP, SMS]))).not.toHaveProperty(['messageAllowedAt', SMS.id]);
  });

  it('say when a code can be tried again: when the provider allows it, and the budget does', () => {
    const driver = listedDriver([OTP]);
    driver.ask(choose(OTP));
    expect(viewOf(driver)).not.toHaveProperty('retryAllowedAt');
    for (let attempt = 0; attempt < 12; attempt += 1) {
      driver.ask({ type: 'code.submit' });
      driver.fail('code_refused');
    }
    expect(viewOf(driver).retryAllowedAt).toBe(driver.now + 5_000);
    driver.wait(5_000);
    driver.ask({ type: 'code.submit' });
    driver.fail('rate_limited', 30_000);
    expect(viewOf(driver).retryAllowedAt).toBe(driver.now + 30_000);
  });

  it('say when the challenge ends, and when the next poll is due', () => {
    const driver = pollingDriver();
    expect(viewOf(driver)).toMatchObject({
      expiresAt: driver.now + 300_000,
      nextPollAt: driver.now + 5_000,
      now: driver.now,
    });
    driver.tickWhenDue();
    expect(viewOf(driver)).not.toHaveProperty('nextPollAt');
  });

  it('are absent when time can no longer change the flow', () => {
    for (const place of ['idle', 'expired', 'approved', 'cancelled']) {
      expect(viewOf(everyPlace()[place] as FlowDriver)).not.toHaveProperty('expiresAt');
    }
  });
});

describe('a view', () => {
  it('is plain JSON without undefined members', () => {
    for (const driver of Object.values(everyPlace())) {
      const view = viewOf(driver);
      expect(JSON.parse(JSON.stringify(view))).toStrictEqual(view);
    }
  });

  it('names the current factor and authenticator', () => {
    expect(viewOf(pollingDriver())).toMatchObject({ factor: 'push', authenticatorId: PUSH.id });
    expect(viewOf(confirmingDriver())).toMatchObject({ factor: 'push' });
    expect(viewOf(confirmingDriver())).not.toHaveProperty('authenticatorId');
  });

  it('says which way the flow left by itself, until the user chooses a way', () => {
    const driver = createDriver({ ways: [CIBA, mfaApiWay()], enroll: 'refuse' });
    driver.ask({ type: 'flow.start' });
    driver.answer(MFA_REQUIRED);
    driver.answer(listed(PUSH));
    expect(viewOf(driver)).not.toHaveProperty('leftWay');

    driver.fail('not_enrolled');
    expect(viewOf(driver)).toMatchObject({ way: 'mfa-api', leftWay: 'ciba' });

    driver.answer(MFA_REQUIRED);
    driver.answer(listed(OTP));
    expect(viewOf(driver)).toMatchObject({ state: 'choosing', leftWay: 'ciba' });
    driver.ask({ type: 'way.next' });
    expect(viewOf(driver)).toMatchObject({ way: 'ciba' });
    expect(viewOf(driver)).not.toHaveProperty('leftWay');
  });

  it('passes on a notice', () => {
    const { state, now } = pollingDriver();
    const view = createView({
      state,
      openVault: () => ({}),
      version: 1,
      now,
      notice: 'push_requested_elsewhere',
    });
    expect(view.notice).toBe('push_requested_elsewhere');
  });

  it('is unchanged for the user after a poll without news, and changed after anything else', () => {
    const driver = pollingDriver();
    const before = viewOf(driver);
    driver.tickWhenDue();
    expect(isSameView(before, viewOf(driver))).toBe(true);
    driver.answer({ type: 'poll.pending' });
    expect(isSameView(before, viewOf(driver))).toBe(true);
    expect(isSameView(before, { ...before, version: 8, now: 0 })).toBe(true);
    expect(isSameView(before, { ...before, expiresAt: 1 })).toBe(false);
    driver.tickWhenDue();
    driver.answer(TOKENS);
    expect(isSameView(before, viewOf(driver))).toBe(false);
    driver.answer(VERIFIED);
    expect(viewOf(driver)).toMatchObject({ state: 'approved', allowedEvents: [] });
  });
});
