import { describe, expect, expectTypeOf, it } from 'vitest';
import type { Duration } from '../../src/policy/duration.ts';
import { type Policy, parsePolicy, policyOf, type RoutePolicy } from '../../src/policy/policy.ts';

it('the policy of a guard is the default if none is named, and an error if it is undefined', () => {
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
      allowOtherLogin: false,
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
  ] as const)('reads %j as %i seconds', (maxAge, seconds) => {
    expect(parsePolicy({ maxAge })).toMatchObject({ maxAgeSeconds: seconds, singleUse: false });
  });

  it.each([0, -0, '0s', '0m', '0h', '0d', '00s'] as const)(
    'takes a max age of %j as single use',
    (maxAge) => {
      expect(parsePolicy({ maxAge, singleUse: false })).toMatchObject({ maxAgeSeconds: 0, singleUse: true });
    },
  );

  it('puts factors into one order, once each', () => {
    expect(parsePolicy({ factors: ['otp', 'push', 'otp'] }).factors).toEqual(['push', 'otp']);
  });

  it('keeps only the known members of an action', () => {
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
    ['policy.maxAge:', { maxAge: null }],
    ['policy.maxAge:', { maxAge: false }],
    ['policy.maxAge:', { maxAge: Number.POSITIVE_INFINITY }],
    ['policy.maxAge:', { maxAge: '-5m' }],
    ['policy.maxAge: must be at most 90 days', { maxAge: '91d' }],
    ['policy.maxAge: must be at most 90 days', { maxAge: `${'9'.repeat(400)}d` }],
    ['policy.singleUse:', { singleUse: null }],
    ['policy.factors:', { factors: null }],
    ['policy.allowEnrolledInFlow:', { allowEnrolledInFlow: null }],
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

  it.each([
    ['title', '\u202e', 'U+202E'],
    ['title', '\u2066', 'U+2066'],
    ['details', '\u200f', 'U+200F'],
    ['details', '\u061c', 'U+061C'],
  ])('refuses an action whose %s holds %j, which reorders what the user reads', (name, character, called) => {
    const action = { id: '7', [name]: `Transfer 250 EUR to ${character}Grace` };
    expect(() => parsePolicy({ action })).toThrow(`policy.action.${name}: must not contain ${called}`);
  });

  it('accepts an action in a right-to-left script', () => {
    const action = { id: '7', title: 'העבר 250 אירו' };
    expect(parsePolicy({ action }).action).toEqual(action);
  });
});

describe('the types of a policy', () => {
  it('accept a max age with one of its units, and no other text', () => {
    expectTypeOf<NonNullable<Policy['maxAge']>>().toEqualTypeOf<Duration>();
    expectTypeOf<'5m'>().toExtend<Duration>();
    expectTypeOf<300>().toExtend<Duration>();
    expectTypeOf<'5 min'>().not.toExtend<Duration>();
    expectTypeOf<'5'>().not.toExtend<Duration>();
    expectTypeOf<string>().not.toExtend<Duration>();
    expectTypeOf<NonNullable<Policy['minAuthenticatorAge']>>().toEqualTypeOf<Duration>();
  });

  it('accept a function only if it always returns a policy, or false', () => {
    const policy: Policy = { maxAge: '5m' };
    expectTypeOf(() => policy).toExtend<RoutePolicy>();
    // Written into the call, the literal keeps its type.
    const take = (chosen: RoutePolicy<number>): RoutePolicy<number> => chosen;
    take(async (amount) => (amount > 1_000 ? { maxAge: '5m' } : false));
    expectTypeOf(() => false as const).toExtend<RoutePolicy>();
    expectTypeOf(async () => policy).toExtend<RoutePolicy>();
    expectTypeOf(() => undefined).not.toExtend<RoutePolicy>();
    expectTypeOf(() => {}).not.toExtend<RoutePolicy>();
    expectTypeOf((amount: number) => (amount > 1_000 ? policy : undefined)).not.toExtend<
      RoutePolicy<number>
    >();
    expectTypeOf(async (amount: number) => (amount > 1_000 ? policy : undefined)).not.toExtend<
      RoutePolicy<number>
    >();
    expectTypeOf(() => true).not.toExtend<RoutePolicy>();
  });
});
