import { describe, expect, it } from 'vitest';
import { approvesDetails } from '../../src/index.ts';

const TRANSFER = { type: 'transfer', amount: { value: '250', currency: 'EUR' }, to: ['Grace'] };

describe('the approved details', () => {
  it.each<[string, readonly unknown[]]>([
    ['are equal', [TRANSFER]],
    [
      'have their members in another order',
      [{ to: ['Grace'], amount: { currency: 'EUR', value: '250' }, type: 'transfer' }],
    ],
    ['have more members', [{ ...TRANSFER, status: 'approved', amount: { ...TRANSFER.amount, fee: '0' } }]],
    ['have more entries', [{ type: 'audit' }, TRANSFER]],
  ])('cover what was asked for when they %s', (_, approved) => {
    expect(approvesDetails([TRANSFER], approved)).toBe(true);
  });

  it.each<[string, readonly unknown[] | undefined]>([
    ['are absent', undefined],
    ['are empty', []],
    ['differ in a value', [{ ...TRANSFER, amount: { value: '251', currency: 'EUR' } }]],
    ['differ in the type of a value', [{ ...TRANSFER, amount: { value: 250, currency: 'EUR' } }]],
    ['lack a member', [{ type: 'transfer', to: ['Grace'] }]],
    ['have more elements in an array', [{ ...TRANSFER, to: ['Grace', 'Mallory'] }]],
    ['have an object for an array', [{ ...TRANSFER, to: { 0: 'Grace', length: 1 } }]],
    ['have an array for an object', [[TRANSFER]]],
    ['have only an inherited member', [Object.create(TRANSFER)]],
    ['are spread over two entries', [{ type: 'transfer', to: ['Grace'] }, { amount: TRANSFER.amount }]],
  ])('do not cover what was asked for when they %s', (_, approved) => {
    expect(approvesDetails([TRANSFER], approved)).toBe(false);
  });

  it('must cover every detail that was asked for', () => {
    const other = { type: 'transfer', amount: { value: '1', currency: 'EUR' }, to: ['Bob'] };
    expect(approvesDetails([TRANSFER, other], [TRANSFER])).toBe(false);
    expect(approvesDetails([TRANSFER, other], [other, TRANSFER])).toBe(true);
  });

  it('cover a request without details', () => {
    expect(approvesDetails([], undefined)).toBe(true);
  });
});
