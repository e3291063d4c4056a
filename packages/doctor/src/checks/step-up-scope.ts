import type { TokenSet } from '@stepgate/core';
import { type Finding, fail, ok, skipped } from '../finding.ts';
import type { DoctorAuth0 } from '../options.ts';

/** Whether an ordinary login, which does not ask for the step-up scope, gets it all the same. */
export function checkStepUpScope(tokens: TokenSet | undefined, { scope = '' }: DoctorAuth0): Finding {
  const wanted = scope.split(' ').filter((one) => one !== '');
  if (tokens === undefined || wanted.length === 0) {
    const seen = tokens === undefined ? 'there is no login to look at' : 'no scope was named';
    const fix = 'give the scope, and a test user whom the tenant signs in without MFA';
    return skipped('step-up-scope', seen, fix);
  }
  const granted = tokens.scope?.split(' ') ?? [];
  const given = wanted.filter((one) => granted.includes(one));
  if (given.length === 0) return ok('step-up-scope', 'an ordinary login does not get it');
  return fail(
    'step-up-scope',
    `an ordinary login gets ${given.join(' ')} without asking, and without MFA`,
    'let the Action take it away (api.accessToken.removeScope, see docs/guides/tenant-setup.md), and no default grant of the API add it',
  );
}
