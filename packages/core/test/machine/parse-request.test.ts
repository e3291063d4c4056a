import { describe, expect, it } from 'vitest';
import { type Fact, isStepUpError, parseRequest, type StepUpRequest, splitRequest } from '../../src/index.ts';

const REQUESTS: readonly StepUpRequest[] = [
  { type: 'flow.start' },
  { type: 'password.submit', password: ' correct horse ' },
  { type: 'factor.choose', authenticatorId: 'push|dev_1' },
  { type: 'factor.choose', authenticatorId: 'hosted', display: 'popup' },
  { type: 'way.next' },
  { type: 'enrollment.begin', factor: 'push' },
  { type: 'enrollment.begin', factor: 'otp' },
  { type: 'enrollment.begin', factor: 'sms', phoneNumber: '+15550100' },
  { type: 'enrollment.begin', factor: 'voice', phoneNumber: '+15550100' },
  { type: 'enrollment.begin', factor: 'email' },
  { type: 'enrollment.begin', factor: 'email', email: 'ada@bank.example' },
  { type: 'code.submit', code: '123456' },
  { type: 'challenge.resend' },
  { type: 'codes.acknowledge' },
  { type: 'flow.retry' },
  { type: 'flow.cancel' },
];

/** One of each type. A type that is in the union but not here does not compile. */
const FACTS: Readonly<Record<Fact['type'], Fact>> = {
  'mfa.required': { type: 'mfa.required' },
  'authenticators.listed': { type: 'authenticators.listed', authenticators: [] },
  'enrollment.started': { type: 'enrollment.started', binding: 'poll', hasRecoveryCodes: false },
  'challenge.sent': { type: 'challenge.sent', binding: 'poll' },
  'poll.pending': { type: 'poll.pending' },
  'poll.slowed': { type: 'poll.slowed' },
  'poll.rejected': { type: 'poll.rejected' },
  'tokens.received': { type: 'tokens.received', hasRecoveryCodes: false },
  'identity.verified': { type: 'identity.verified' },
  'redirect.returned': { type: 'redirect.returned' },
  'redirect.refused': { type: 'redirect.refused', code: 'rejected' },
  'effect.failed': { type: 'effect.failed', code: 'provider_error' },
};

function refusalOf(value: unknown): unknown {
  try {
    return parseRequest(value);
  } catch (error) {
    return error;
  }
}

describe('a request from outside', () => {
  it.each(REQUESTS)('is read: $type $factor', (request) => {
    expect(parseRequest(JSON.parse(JSON.stringify(request)))).toEqual(request);
  });

  it.each(REQUESTS)('is stripped of all other members: $type $factor', (request) => {
    const stowaways = { seq: 1, at: 0, jitterMs: 0, context: {}, value: 'approved', code2: 'x' };
    expect(parseRequest({ ...stowaways, ...request })).toEqual(request);
  });

  it.each([...Object.values(FACTS), { type: 'time.passed' }, { type: 'ping.received' }])(
    'is never a fact: $type is refused, with or without a stamp',
    (fact) => {
      for (const value of [fact, { ...fact, seq: 1, at: 1, jitterMs: 0 }]) {
        const error = refusalOf(value);
        expect(isStepUpError(error, 'event_unknown')).toBe(true);
        expect(error).toMatchObject({ status: 400, expose: true });
      }
    },
  );

  it.each([
    undefined,
    null,
    'flow.start',
    42,
    true,
    [],
    ['flow.start'],
    {},
    { type: undefined },
    { type: ['flow.start'] },
    { type: 'flow' },
    { type: 'FLOW.START' },
    { type: 'flow.start ' },
    { type: '*' },
    { type: 'xstate.init' },
    { type: 'xstate.stop' },
    { type: 'constructor' },
    { type: '__proto__' },
  ])('is refused: %j', (value) => {
    expect(isStepUpError(refusalOf(value), 'event_unknown')).toBe(true);
  });

  it.each([
    ['password', { type: 'password.submit' }],
    ['password', { type: 'password.submit', password: '' }],
    ['password', { type: 'password.submit', password: ['a'] }],
    ['password', { type: 'password.submit', password: 'x'.repeat(1_025) }],
    ['code', { type: 'code.submit' }],
    ['code', { type: 'code.submit', code: 123_456 }],
    ['code', { type: 'code.submit', code: ' - ' }],
    ['authenticatorId', { type: 'factor.choose', authenticatorId: null }],
    ['factor', { type: 'enrollment.begin' }],
    ['factor', { type: 'enrollment.begin', factor: 'webauthn' }],
    ['factor', { type: 'enrollment.begin', factor: 'recovery-code' }],
    ['factor', { type: 'enrollment.begin', factor: 'toString' }],
    ['phoneNumber', { type: 'enrollment.begin', factor: 'sms' }],
    ['phoneNumber', { type: 'enrollment.begin', factor: 'voice', phoneNumber: '' }],
    ['phoneNumber', { type: 'enrollment.begin', factor: 'sms', phoneNumber: 15550100 }],
    ['email', { type: 'enrollment.begin', factor: 'email', email: {} }],
  ])('is refused with a sentence that names %s', (name, value) => {
    const error = refusalOf(value);
    expect(isStepUpError(error, 'invalid_request')).toBe(true);
    expect(String(error)).toContain(`"${name}"`);
  });

  it.each([
    '15551234567',
    '0015551234567',
    '+1 555 123 4567',
    '+1555123',
    '+1555123456789012',
    '+05551234',
    '+1555123x',
  ])('does not accept the phone number %j, for any phone factor', (phoneNumber) => {
    for (const factor of ['sms', 'voice']) {
      const error = refusalOf({ type: 'enrollment.begin', factor, phoneNumber });
      expect(error).toMatchObject({ code: 'invalid_request', status: 400 });
      expect(String(error)).toContain('"phoneNumber" must be + and 8 to 15 digits, country code first');
      expect(String(error)).not.toContain(phoneNumber);
    }
  });

  it.each(['+15550100', '+155501001234567'])('accepts the phone number %j', (phoneNumber) => {
    const request = { type: 'enrollment.begin', factor: 'sms', phoneNumber };
    expect(parseRequest(request)).toEqual(request);
  });

  it.each([
    'ada',
    'ada@',
    '@bank.example',
    'ada@bank',
    'ada@@bank.example',
    'ada @bank.example',
    'ada@bank..example',
    'ada@bank.example.',
    `ada@${'x'.repeat(250)}.example`,
  ])('does not accept the e-mail address %j', (email) => {
    const error = refusalOf({ type: 'enrollment.begin', factor: 'email', email });
    expect(error).toMatchObject({ code: 'invalid_request', status: 400 });
    expect(String(error)).toContain('"email" must be an address like name@example.com');
  });

  it.each(['ada.lovelace+bank@mail.bank.example', 'ädä@bücher.example'])(
    'accepts the e-mail address %j',
    (email) => {
      const request = { type: 'enrollment.begin', factor: 'email', email };
      expect(parseRequest(request)).toEqual(request);
    },
  );

  it('may have spaces and dashes in a code', () => {
    expect(parseRequest({ type: 'code.submit', code: ' 123 4-56\n' })).toEqual({
      type: 'code.submit',
      code: '123456',
    });
  });
});

describe('a request for the machine', () => {
  it('does not contain what the user typed', () => {
    expect(splitRequest({ type: 'password.submit', password: 'correct-horse' })).toEqual({
      event: { type: 'password.submit' },
      inputs: { password: 'correct-horse' },
    });
    expect(splitRequest({ type: 'code.submit', code: '123456' })).toEqual({
      event: { type: 'code.submit' },
      inputs: { code: '123456' },
    });
  });

  it('leaves a number or an address in the vault, until after the password was entered', () => {
    const { event, inputs, secrets } = splitRequest({
      type: 'enrollment.begin',
      factor: 'sms',
      phoneNumber: '+15550100',
    });
    expect(event).toEqual({ type: 'enrollment.begin', factor: 'sms' });
    expect(inputs).toEqual({});
    expect(secrets).toEqual({ phoneNumber: '+15550100', email: undefined });
  });

  it('empties the slots of an enrolment that was abandoned for another', () => {
    const { secrets } = splitRequest({ type: 'enrollment.begin', factor: 'push' });
    expect(secrets).toStrictEqual({ phoneNumber: undefined, email: undefined });
  });

  it.each(REQUESTS)('is otherwise the same: $type $factor', (request) => {
    const { type, ...rest } = splitRequest(request).event;
    expect(type).toBe(request.type);
    expect(request).toMatchObject(rest);
  });
});
