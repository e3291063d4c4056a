import { describe, expect, it } from 'vitest';
import { createLane } from '../src/lane.ts';

const STAYS = new AbortController().signal;

describe('a lane', () => {
  it('runs so many at a time, and the others in the order in which they came', async () => {
    const lane = createLane(2);
    const begun: string[] = [];
    const ends = new Map<string, () => void>();
    const work = (name: string): Promise<void> =>
      lane(() => {
        begun.push(name);
        return new Promise((resolve) => ends.set(name, resolve));
      }, STAYS);
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

    await expect(lane(() => Promise.reject(new Error('failed')), STAYS)).rejects.toThrow('failed');

    expect(await lane(async () => 'done', STAYS)).toBe('done');
  });

  it('lets those leave that still wait, and nobody else', async () => {
    const lane = createLane(1);
    const [first, second] = [new AbortController(), new AbortController()];
    const { promise, resolve } = Promise.withResolvers<string>();
    const begun = lane(() => promise, first.signal);
    const left = lane(async () => 'second', second.signal);
    const stayed = lane(async () => 'third', STAYS);

    first.abort();
    second.abort();
    expect(await left).toBeUndefined();
    resolve('first');

    expect(await Promise.all([begun, stayed])).toEqual(['first', 'third']);
  });
});
