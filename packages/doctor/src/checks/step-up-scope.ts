import type { TokenSet } from '@stepgate/core';
import { type Finding, fail, ok, skipped } from '../finding.ts';
import type { DoctorAuth0 } from '../options.ts';

/** Checks that an ordinary login, which does not ask for the step-up scope, does not get it. */
export function checkStepUpScope(tokens: TokenSet | undefined, { scope = '' }: DoctorAuth0): Finding {
  const wanted = scope.split(' ').filter((one) => one !== '');
  if (tokens === undefined || wanted.length === 0) {
    const seen = tokens === undefined ? 'there is no login to check' : 'no scope was named';
    const fix = 'give the scope, and name a test user who can sign in without MFA';
    return skipped('step-up-scope', seen, fix);
  }
  const granted = tokens.scope?.split(' ') ?? [];
  const given = wanted.filter((one) => granted.includes(one));
  if (given.length === 0) return ok('step-up-scope', 'an ordinary login does not get it');
  return fail(
    'step-up-scope',
    `an ordinary login gets ${given.join(' ')} without asking, and without MFA`,
    'let the Action remove it (api.accessToken.removeScope, see docs/guides/tenant-setup.md), and let no default grant of the API add it',
  );
}
