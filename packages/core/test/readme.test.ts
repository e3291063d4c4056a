import { describe, expect, it } from 'vitest';
import { FACTOR_TRAITS, FACTORS, FLOW_DEFAULTS, REASON_CODES, StepUpError } from '../src/index.ts';
import { REQUEST_ERROR_STATUS } from '../src/terms/request-codes.ts';
import { type DocumentedMember, membersOf, read, tableOf, withTable } from './support/tables.ts';

const reasons = membersOf(read('../../src/terms/reason-codes.ts'));
const requestErrors = membersOf(read('../../src/terms/request-codes.ts'));
const names = (members: readonly DocumentedMember[]): readonly string[] => members.map(({ name }) => name);

const PROOFS = {
  tap: 'the user answers a push on the device',
  'sent-code': 'the user types a code that was sent',
  'own-code': 'the user types a code that they have',
  page: 'the user passes the provider’s own page',
} as const;

const ENROLLMENTS = {
  scan: 'by scanning a QR code',
  phoneNumber: 'by a phone number',
  email: 'by an e-mail address',
  never: 'with the first factor',
} as const;

// After a change: vitest run --project core readme --update
describe('the READMEs say what the source says', () => {
  it('of reason codes and factors', async () => {
    const codes = reasons.map(({ name, comment }) => [`\`${name}\``, comment]);
    const factors = FACTORS.map((factor) => {
      const { provedBy, enrollment, countsByDefault } = FACTOR_TRAITS[factor];
      return [`\`${factor}\``, PROOFS[provedBy], ENROLLMENTS[enrollment], countsByDefault ? 'yes' : 'no'];
    });
    const page = withTable(
      withTable(
        read('../../README.md'),
        'Factors',
        tableOf(['factor', 'how it is proved', 'how it is added', 'counts by default'], factors),
      ),
      'Reason codes',
      tableOf(['code', 'what it means, and what helps'], codes),
    );
    await expect(page).toMatchFileSnapshot('../README.md');
  });

  it('of request codes', async () => {
    const rows = requestErrors.map(({ name, comment, value }) => [`\`${name}\``, value, comment]);
    const table = tableOf(['code', 'status', 'what it means'], rows);
    await expect(withTable(read('../../../server/README.md'), 'Request codes', table)).toMatchFileSnapshot(
      '../../server/README.md',
    );
  });

  it('of the default waiting times', () => {
    const section = read('../../README.md').split('\n## Waiting times')[1]?.split('\n## ')[0] ?? '';
    const told = [...section.matchAll(/^\| (.+?) +\| (\d+) (s|minutes)\b/gm)].map(([, what, count, unit]) => [
      what,
      Number(count) * (unit === 's' ? 1_000 : 60_000),
    ]);
    expect(Object.fromEntries(told)).toMatchObject({
      'poll interval, plus up to 1 s of jitter': FLOW_DEFAULTS.pollIntervalMs,
      'next message to the same authenticator': FLOW_DEFAULTS.resendAfterMs,
      'life of an `mfa_token`': FLOW_DEFAULTS.mfaTokenTtlMs,
      'life of a challenge, or of a QR code': FLOW_DEFAULTS.challengeTtlMs,
      'life of a flow': FLOW_DEFAULTS.flowTtlMs,
    });
  });
});

describe('the tables of codes', () => {
  it('document every code', () => {
    expect(names(reasons)).toEqual(REASON_CODES);
    expect(names(requestErrors)).toEqual(Object.keys(REQUEST_ERROR_STATUS));
  });

  it('give an error the status of its code, unless it has another one', () => {
    expect(new StepUpError('rate_limited', 'too many requests')).toMatchObject({ status: 429, expose: true });
    expect(new StepUpError('provider_error', 'unknown answer')).toMatchObject({ status: 502, expose: false });
    expect(new StepUpError('invalid_request', 'too large', { status: 413 }).status).toBe(413);
  });

  it('agree on the status of a code that is in both', () => {
    const both = requestErrors.filter(({ name }) => names(reasons).includes(name));
    expect(both.map(({ name }) => name)).toEqual(['login_required']);
    for (const { name, value } of both) {
      expect(reasons.find((one) => one.name === name)?.value).toBe(value);
    }
  });
});
