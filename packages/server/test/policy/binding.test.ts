import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundDigest, boundMembers, boundOf } from '../../src/policy/binding.ts';
import { type Action, parsePolicy } from '../../src/policy/policy.ts';

describe('boundDigest', () => {
  it('is the SHA-256 of the canonical form of RFC 8785', () => {
    const value = { peach: 1e21, '€': [true, null], '10': 'a"b', ö: { z: -0, a: 333333333.3333333 } };
    const canonical = '{"10":"a\\"b","peach":1e+21,"ö":{"a":333333333.3333333,"z":0},"€":[true,null]}';

    expect(boundDigest(value)).toBe(createHash('sha256').update(canonical).digest('base64url'));
  });

  it('is the same for the same parsed JSON in any order, and for nothing else', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        fc.pre(!JSON.stringify([one, other]).includes('__proto__'));
        const isSame = isDeepStrictEqual(reparsed(one), reparsed(other));
        expect(boundDigest(reversed(reparsed(one)))).toBe(boundDigest(one));
        expect(boundDigest(one) === boundDigest(other)).toBe(isSame);
      }),
    );
  });

  it.each([
    ['a Date', new Date(0)],
    ['a Map', { to: new Map() }],
    ['a FormData', new FormData()],
    ['a Promise', Promise.resolve({})],
    ['a Action', new (class Action {})()],
    ['a Object', { toJSON: () => 'other' }],
    ['bigint', 1n],
    ['symbol', [Symbol('to')]],
    ['function', { to: () => 'Grace' }],
    ['undefined', undefined],
    ['undefined', [undefined]],
  ])('refuses %s, which JSON would leave out or change', (kind, value) => {
    expect(() => boundDigest(value)).toThrow(TypeError);
    expect(() => boundDigest(value)).toThrow(`must give JSON, and ${kind} is not`);
  });

  it.each([
    ['a number that is not finite', { amount: JSON.parse('1e999') as number }],
    ['half a surrogate pair', JSON.parse('{"to":"\\ud800"}') as unknown],
    ['half a surrogate pair in a name', JSON.parse('{"\\ud800":1}') as unknown],
    ['a prototype', JSON.parse('{"to":{"__proto__":{"amount":1}}}') as unknown],
    ['a file that a parser of forms has left as bytes', { to: Buffer.from('Grace') }],
    ['a file among others', { to: [new Blob(['Grace']), 'Grace'] }],
    ['lists that never end', JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`) as unknown],
  ])('treats %s as the fault of the request', (_what, value) => {
    expect(() => boundDigest(value)).toThrow(
      expect.objectContaining({ code: 'invalid_request', status: 400 }),
    );
  });
});

describe('boundMembers', () => {
  it('finds own members by dotted paths', () => {
    const body = { to: 'Grace', payee: { iban: 'GB1', bank: undefined }, 'payee.iban': 'GB2' };

    expect(boundMembers(['payee.iban', 'to', 'payee.bank', 'payee.toString', 'to.length'], body)).toEqual({
      to: 'Grace',
      'payee.iban': 'GB1',
    });
  });

  it('refuses bytes that no parser has read, and says what to do', () => {
    expect(() => boundMembers(['to'], Buffer.from('{"to":"Grace"}'))).toThrow(
      expect.objectContaining({
        code: 'misconfigured',
        message: expect.stringMatching(/Use a parser of JSON/),
      }),
    );
  });
});

describe('what is bound, as the user reads it', () => {
  it('has a line for each member, and none that a value could add', () => {
    const members = {
      to: 'Grace O’Hara',
      note: 'a\u2028to: Mallory\u0085',
      tags: ['x\n', 1],
      amount: 250,
      'x\ny': '',
    };

    expect(boundOf(members, ['amount', 'to', 'memo']).shown.split('\n')).toEqual([
      'amount: 250',
      'to: Grace O’Hara',
      'memo: –',
      'note: "a\\u2028to: Mallory\\u0085"',
      'tags: ["x\\n",1]',
      '"x\\ny": ""',
    ]);
  });

  it('tells an absent member from one that looks absent', () => {
    expect(boundOf({ to: '–' }, ['to', 'memo']).shown).toBe('to: "–"\nmemo: –');
  });
});

describe('action.bind', () => {
  it.each([[], [''], ['to', 'to'], ['payee..iban'], ['__proto__.to'], [1], 'to', { to: true }])(
    'is a list of different paths, or a function; refuses %j',
    (bind) => {
      const action = { id: 'pay', bind } as unknown as Action;

      expect(() => parsePolicy({ action })).toThrow(/^policy\.action\.bind: /);
    },
  );
});

function reparsed(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** The same JSON, its members in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, one]) => [name, reversed(one)] as const);
  return Object.fromEntries(members.reverse());
}
