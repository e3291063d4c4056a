import { describe, expect, it } from 'vitest';
import { authenticationIn, authenticationOf } from '../../src/provider/authentication.ts';

describe('authenticationOf', () => {
  it('reads the class, the methods and the time, and nothing else', () => {
    const claims = {
      sub: 'auth0|ada',
      acr: 'gold',
      amr: ['pwd', 'mfa'],
      auth_time: 1_700_000_000,
      email: 'a@b.c',
    };
    expect(authenticationOf(claims)).toEqual({
      acr: 'gold',
      amr: ['pwd', 'mfa'],
      authenticatedAt: 1_700_000_000_000,
    });
    expect(
      authenticationOf({ sub: 'auth0|ada', acr: 7, amr: 'mfa', auth_time: '1700000000' }),
    ).toBeUndefined();
  });

  it('leaves out what is too long to keep with every approval', () => {
    expect(
      authenticationOf({ acr: 'x'.repeat(257), amr: Array.from({ length: 17 }, () => 'mfa') }),
    ).toBeUndefined();
    expect(authenticationIn({ amr: ['mfa', 'x'.repeat(257), ''] })).toEqual({ amr: ['mfa'] });
  });
});
