import { describe, expect, it } from 'vitest';
import {
  ADDRESSED_FACTORS,
  DEFAULT_FACTORS,
  ENROLLABLE_FACTORS,
  FACTORS,
  isAddressed,
  isEnrollable,
  isFactor,
  isHosted,
  isOwnCode,
  isTapped,
  sendsMessage,
  takesCode,
  takesPhoneNumber,
} from '../../src/index.ts';

const those = (holds: (factor: (typeof FACTORS)[number]) => boolean): readonly string[] =>
  FACTORS.filter(holds);

describe('the table of factors', () => {
  it('lists the factors from the strongest to the weakest', () => {
    expect(FACTORS).toEqual(['push', 'otp', 'sms', 'voice', 'email', 'recovery-code', 'hosted']);
  });

  it('says how a factor is proved', () => {
    expect(those(isTapped)).toEqual(['push']);
    expect(those(takesCode)).toEqual(['otp', 'sms', 'voice', 'email', 'recovery-code']);
    expect(those(isOwnCode)).toEqual(['otp', 'recovery-code']);
    expect(those(sendsMessage)).toEqual(['push', 'sms', 'voice', 'email']);
    expect(those(isHosted)).toEqual(['hosted']);
  });

  it('says how a factor is added', () => {
    expect(ENROLLABLE_FACTORS).toEqual(['push', 'otp', 'sms', 'voice', 'email']);
    expect(ADDRESSED_FACTORS).toEqual(['sms', 'voice', 'email']);
    expect(those(isAddressed)).toEqual(ADDRESSED_FACTORS);
    expect(those(takesPhoneNumber)).toEqual(['sms', 'voice']);
  });

  it('lets push and one-time passwords count by default', () => {
    expect(DEFAULT_FACTORS).toEqual(['push', 'otp']);
  });

  it.each(['Push', 'toString', '__proto__', '', 7, undefined])('does not accept %j as a factor', (value) => {
    expect(isFactor(value)).toBe(false);
    expect(isEnrollable(value)).toBe(false);
  });
});
