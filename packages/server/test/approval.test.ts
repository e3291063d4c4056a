import { describe, expect, it } from 'vitest';
import { keepUseful } from '../src/approval.ts';
import type { Approval } from '../src/record.ts';

function approval(id: number, members: Partial<Approval> = {}): Approval {
  return {
    id: String(id),
    subject: 'ada',
    factor: 'push',
    approvedAt: id,
    requirement: 'hash',
    singleUse: true,
    isForAction: false,
    enrolledInFlow: false,
    keepUntil: 1_000,
    ...members,
  };
}

const ids = (approvals: readonly Approval[]): string[] => approvals.map(({ id }) => id);

describe('keepUseful', () => {
  it('keeps a used approval while it could be given back, and none whose time is over', () => {
    const kept = keepUseful([approval(1, { usedAt: 5 }), approval(2), approval(3, { keepUntil: 10 })], 10);
    expect(ids(kept)).toEqual(['1', '2']);
  });

  it('never lets used approvals push out unused ones, and stays small', () => {
    const unused = Array.from({ length: 15 }, (_, index) => approval(index));
    const used = Array.from({ length: 50 }, (_, index) => approval(100 + index, { usedAt: 1 }));
    const kept = keepUseful([...unused, ...used], 0);
    expect(kept).toHaveLength(20);
    expect(ids(kept.slice(0, 15))).toEqual(ids(unused));
    expect(ids(kept.slice(15))).toEqual(['145', '146', '147', '148', '149']);
  });

  it('keeps the newest of too many unused ones, and then no used one', () => {
    const unused = Array.from({ length: 25 }, (_, index) => approval(index));
    const kept = keepUseful([approval(99, { usedAt: 1 }), ...unused], 0);
    expect(ids(kept)).toEqual(ids(unused.slice(5)));
  });
});
