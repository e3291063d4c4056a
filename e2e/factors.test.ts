import { describe, expect, it } from 'vitest';
import { createCustomer } from './support/customer.ts';
import { openDesk } from './support/desk.ts';
import { enrolAhead } from './support/enrol-ahead.ts';
import { lookAt } from './support/look-at.ts';

/** Longer than a one-time password is valid: after it, the app shows the next one. */
const NEXT_CODE_MS = 60_000;

describe('closing an account, which accepts every factor', () => {
  it('accepts an authenticator app that was added by its QR code', async () => {
    const desk = await openDesk();
    const ada = createCustomer(desk, 'otp');
    const codeInApp = (): string => desk.emulator.phone('ada').codes().at(-1)?.code ?? 'none';

    await ada.signIn();
    await ada.closeAccount();
    await ada.reads('Enter your password');
    await ada.enters('Password', 'wrong');
    await desk.bank.getByText('That password is wrong').first().waitFor();
    await ada.reads('Enter your password');
    await ada.enters('Password', 'correct-horse');
    await ada.reads('Set up your phone');
    await ada.takes('Try another way');
    await ada.reads('Try another way');
    await ada.takes('Set up an authenticator app');
    await ada.reads('Set up an authenticator app');
    desk.emulator.phone('ada').scan();
    await ada.enters('Code', codeInApp());
    await ada.savesRecoveryCode();
    await ada.seesItClosed();

    desk.emulator.clock.advance(NEXT_CODE_MS);
    await ada.signIn();
    await ada.closeAccount();
    await ada.reads('How do you want to confirm?');
    await ada.takes('Code from an authenticator app');
    await ada.reads('Enter the code');
    await ada.enters('Code', '000000');
    await desk.bank.getByText('That code is wrong').first().waitFor();
    await ada.reads('Enter the code');
    await ada.enters('Code', codeInApp());
    await ada.seesItClosed();
  });

  it.each([
    {
      factor: 'sms',
      add: 'Add a phone number for text messages',
      label: 'Phone number',
      address: '+1 555 010 0100',
      pass: 'Code by text message',
    },
    {
      factor: 'voice',
      add: 'Add a phone number for calls',
      label: 'Phone number',
      address: '+1 555 010 0100',
      pass: 'Code by phone call',
    },
    {
      factor: 'email',
      add: 'Add an e-mail address',
      label: 'E-mail address',
      address: 'ada@bank.example',
      pass: 'Code by e-mail',
    },
  ])('accepts a code by $factor', async ({ factor, add, label, address, pass }) => {
    const desk = await openDesk();
    const ada = createCustomer(desk, factor);
    const newestCode = (): string => desk.emulator.phone('ada').messages().at(-1)?.code ?? 'none';

    await ada.signIn();
    await ada.closeAccount();
    await ada.enters('Password', 'correct-horse');
    await ada.takes('Try another way');
    await ada.takes(add);
    await ada.reads(add);
    await ada.enters(label, address);
    await ada.reads('Enter the code');
    await ada.enters('Code', newestCode());
    await ada.savesRecoveryCode();
    await ada.seesItClosed();

    await ada.signIn();
    await ada.closeAccount();
    await ada.reads('How do you want to confirm?');
    await ada.takes(pass);
    await ada.reads('Enter the code');
    await ada.enters('Code', newestCode());
    await ada.seesItClosed();
  });

  it('accepts a recovery code when the phone is lost, and shows the next one', async () => {
    const desk = await openDesk();
    const ada = createCustomer(desk, 'recovery');
    await ada.signIn();
    await ada.closeAccount();
    const first = await ada.addPhone();
    await ada.seesItClosed();

    await ada.signIn();
    await ada.closeAccount();
    await ada.reads('Check your phone');
    await ada.takes('Try another way');
    await ada.takes('Recovery code');
    await ada.reads('Enter the code');
    await ada.enters('Code', first);
    const second = await ada.savesRecoveryCode();
    await ada.seesItClosed();

    expect(second).not.toBe(first);
  });

  it('accepts the code of the app when the push does not arrive', async () => {
    const desk = await openDesk();
    await enrolAhead(desk.emulator);
    const ada = createCustomer(desk, 'fallback');
    await ada.signIn();
    await lookAt(desk.bank, 'account');
    await ada.closeAccount();
    await ada.reads('Check your phone');
    await ada.takes('Try another way');
    await ada.reads('Try another way');
    await ada.takes('Code from an authenticator app');
    await ada.reads('Enter the code');
    await ada.enters('Code', desk.emulator.phone('ada').codes()[0]?.code ?? 'none');
    await ada.seesItClosed();

    expect(desk.pushes()).toBe(1);
  });
});
