import { describe, expect, it } from 'vitest';
import { createLane } from '../src/lane.ts';

describe('a lane', () => {
  it('runs so many at a time, and the others in the order in which they came', async () => {
    const lane = createLane(2);
    const begun: string[] = [];
    const ends = new Map<string, () => void>();
    const work = (name: string): Promise<void> =>
      lane(() => {
        begun.push(name);
        return new Promise((resolve) => ends.set(name, resolve));
      });
    const all = ['a', 'b', 'c', 'd'].map(work);
    expect(begun).toEqual(['a', 'b']);

    ends.get('b')?.();
    await all[1];
    expect(begun).toEqual(['a', 'b', 'c']);
    ends.get('a')?.();
    await all[0];

    expect(begun).toEqual(['a', 'b', 'c', 'd']);
  });

  it('has room again after work that failed', async () => {
    const lane = createLane(1);

    await expect(lane(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');

    expect(await lane(async () => 'done')).toBe('done');
  });
});
