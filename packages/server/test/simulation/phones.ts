import { type Authenticator, type Enrollment, type Redemption, StepUpError } from '@stepgate/core';
import { type AddedPhone, recoveryCode, type Truth } from './truth.ts';

/** What the tenant knows of phones that are added, and of recovery codes. */
export interface Phones {
  /** Those that were scanned. */
  list(): readonly Authenticator[];
  /** Begins to add one, which gives out a QR code, and a recovery code with it. */
  begin(transaction: string, browser: string): Enrollment;
  /** Whether the phone was scanned; the tokens go out once. */
  confirm(phone: AddedPhone): Exclude<Redemption['status'], 'mfa_required' | 'slow_down'>;
  named(id: string | undefined): AddedPhone | undefined;
  /** Whether the recovery code is the right one. Then it is worth nothing from now on, and the next one is given out. */
  recover(code: string, browser: string): string | undefined;
}

/** What the QR code of a phone holds. */
export const linkOf = ({ id }: AddedPhone): string => `otpauth://${id}`;

export function createPhones({ phones, recovery, secrets }: Truth): Phones {
  const scanned = (): readonly AddedPhone[] => phones.filter(({ holder }) => holder !== undefined);

  function nextCode(browser: string): string {
    recovery.replaced.push(recovery.current);
    recovery.current = recoveryCode(recovery.replaced.length + 1);
    secrets.push({ value: recovery.current, browser, what: 'a new recovery code' });
    return recovery.current;
  }

  return {
    list: () => scanned().map(({ id }) => ({ id, factor: 'push', active: true })),
    named: (id) => phones.find((phone) => phone.id === id),
    begin(transaction, browser) {
      if (scanned().length > 0) throw new StepUpError('already_enrolled', 'there is a phone');
      const phone = { id: `push|${phones.length}|new`, transaction, isConfirmed: false };
      phones.push(phone);
      secrets.push({ value: linkOf(phone), browser, what: 'the QR code of a phone' });
      return {
        factor: 'push',
        binding: 'poll',
        oobCode: phone.id,
        barcodeUri: linkOf(phone),
        recoveryCodes: [nextCode(browser)],
      };
    },
    confirm(phone) {
      if (phone.holder === undefined) return 'pending';
      if (phone.isConfirmed) throw new StepUpError('result_lost', 'given out already');
      phone.isConfirmed = true;
      return 'approved';
    },
    recover: (code, browser) => (code === recovery.current ? nextCode(browser) : undefined),
  };
}
