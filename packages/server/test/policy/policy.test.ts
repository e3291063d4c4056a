import { describe, expect, it } from 'vitest';
import { type Policy, parsePolicy, policyOf } from '../../src/policy/policy.ts';

it('the policy of a guard is the default one where none is named, and a mistake where it is not there', () => {
  expect(policyOf([])).toEqual({});
  expect(policyOf([{ maxAge: 0 }, {}])).toEqual({ maxAge: 0 });
  expect(() => policyOf([undefined as never])).toThrow(TypeError);
  // As Express and Koa call what was handed to a route without being called.
  expect(() => policyOf([{}, {}, () => {}])).toThrow('gate.require(policy)');
  expect(() => policyOf([{}, async () => {}])).toThrow('gate.require(policy)');
});

describe('parsePolicy', () => {
  it('asks for push or a one-time password within five minutes, when nothing else is said', () => {
    expect(parsePolicy({})).toEqual({
      maxAgeSeconds: 300,
      factors: ['push', 'otp'],
      singleUse: false,
      allowEnrolledInFlow: true,
      minAuthenticatorAgeSeconds: 0,
      keepTokens: false,
      opensMfaApi: false,
    });
  });

  it.each([
    [30, 30],
    ['30s', 30],
    ['5m', 300],
    ['2h', 7_200],
    ['1d', 86_400],
  ])('reads %j as %i seconds', (maxAge, seconds) => {
    expect(parsePolicy({ maxAge })).toMatchObject({ maxAgeSeconds: seconds, singleUse: false });
  });

  it.each([0, '0s'])('takes a max age of %j as single use', (maxAge) => {
    expect(parsePolicy({ maxAge, singleUse: false })).toMatchObject({ maxAgeSeconds: 0, singleUse: true });
  });

  it('puts factors into one order, once each', () => {
    expect(parsePolicy({ factors: ['otp', 'push', 'otp'] }).factors).toEqual(['push', 'otp']);
  });

  it('keeps of an action only what it knows', () => {
    const action = { id: '7', title: 'Close', password: 'x' };
    expect(parsePolicy({ action }).action).toEqual({ id: '7', title: 'Close' });
  });

  it.each<[string, unknown]>([
    ['policy:', null],
    ['policy:', 'push'],
    ['policy.maxage:', { maxage: 5 }],
    ['policy.maxAge:', { maxAge: -1 }],
    ['policy.maxAge: is in seconds, and 300000 are more than a day', { maxAge: 300_000 }],
    ['policy.maxAge:', { maxAge: 1.5 }],
    ['policy.maxAge:', { maxAge: Number.NaN }],
    ['policy.maxAge:', { maxAge: '5 m' }],
    ['policy.maxAge:', { maxAge: '5min' }],
    ['policy.maxAge:', { maxAge: '5m\n' }],
    ['policy.maxAge:', { maxAge: '' }],
    ['policy.minAuthenticatorAge:', { minAuthenticatorAge: '1w' }],
    ['policy.minAuthenticatorAge:', { minAuthenticatorAge: '91d' }],
    ['policy.factors:', { factors: [] }],
    ['policy.factors:', { factors: 'push' }],
    ['policy.factors:', { factors: ['push', 'fax'] }],
    ['policy.singleUse:', { singleUse: 'yes' }],
    ['policy.allowEnrolledInFlow:', { allowEnrolledInFlow: 0 }],
    ['policy.keepTokens:', { keepTokens: 'yes' }],
    ['policy.opensMfaApi:', { opensMfaApi: true }],
    ['policy.action.id:', { action: { id: '' } }],
    ['policy.action.id:', { action: {} }],
    ['policy.action.title:', { action: { id: '7', title: 7 } }],
    ['policy.action.details:', { action: { id: '7', details: [] } }],
  ])('names %s when it is wrong: %j', (name, policy) => {
    expect(() => parsePolicy(policy as Policy)).toThrow(TypeError);
    expect(() => parsePolicy(policy as Policy)).toThrow(name);
  });

  it.each<[string, unknown]>([
    ['policy.action:', { action: { id: '7', title: 'é'.repeat(1_000), details: 'x'.repeat(2_100) } }],
    ['policy.action:', { action: null }],
    ['policy.action:', { action: 'close' }],
  ])('names %s when it is no object: %j', (name, policy) => {
    expect(() => parsePolicy(policy as Policy)).toThrow(name);
  });
});
