import { describe, expect, it } from 'vitest';
import {
  type Errand,
  type Ledger,
  lease,
  openLedger,
  throttled,
} from '../../src/limits/tenant-budget-ledger.ts';

const NOW = Date.UTC(2026, 0, 5, 9);

/** Leases one after the other, each for as many as it wants; answers with what each was given. */
function grants(
  perSecond: number,
  leases: readonly (readonly [errand: Errand, count: number, at?: number])[],
  from: Ledger = openLedger(undefined),
): readonly number[] {
  let ledger = from;
  return leases.map(([errand, count, at = 0]) => {
    const request = { errand, count, perSecond, process: 'a', wanted: 1, now: NOW + at };
    const { granted, ledger: after } = lease(ledger, request);
    ledger = after ?? ledger;
    return granted;
  });
}

describe('the ledger', () => {
  it('gives polls three quarters of a second, and users the rest', () => {
    const asked = [
      ['poll', 50],
      ['user', 50],
      ['poll', 1],
    ] as const;
    expect(grants(20, asked)).toEqual([15, 5, 0]);
  });

  it('gives users all but a tenth, which is for polls', () => {
    const asked = [
      ['user', 50],
      ['poll', 50],
      ['user', 1],
    ] as const;
    expect(grants(20, asked)).toEqual([18, 2, 0]);
  });

  it('gives users priority when there is only one request to give', () => {
    const asked = [
      ['user', 3],
      ['poll', 3],
    ] as const;
    expect(grants(1, asked)).toEqual([1, 0]);
    expect(grants(2, asked)).toEqual([1, 1]);
  });

  it('counts a lease for as long as a second can hold what goes out under it', () => {
    // Leased at the end of a moment, and used 200 ms later.
    const asked = [
      ['user', 9, 99],
      ['user', 1, 1_298],
      ['user', 1, 1_300],
    ] as const;
    expect(grants(10, asked)).toEqual([9, 0, 1]);
  });

  it('gives polls less after a complaint, and users as much as before', () => {
    const slowed = throttled(openLedger(undefined), 0.5, NOW);
    const asked = [
      ['poll', 50],
      ['user', 50],
    ] as const;
    expect(grants(20, asked, slowed)).toEqual([7, 13]);
  });

  it('ignores leases of a clock that is far off', () => {
    const asked = [
      ['user', 9, 60_000],
      ['user', 9, 0],
    ] as const;
    expect(grants(10, asked)).toEqual([9, 9]);
  });

  it.each([undefined, null, {}, { leased: [] }, 'text', 7])('is empty where the store holds %j', (value) => {
    expect(openLedger(value)).toMatchObject({ leased: [], wanted: {}, throttle: { level: 1 } });
  });
});
