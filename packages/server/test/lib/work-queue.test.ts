import { createManualClock } from 'suites/manual-clock.ts';
import { describe, expect, it } from 'vitest';
import { createWorkQueue, type Place } from '../../src/lib/work-queue.ts';

const clock = createManualClock();
const STAYS: Place = { hurriesAt: Number.POSITIVE_INFINITY, leaves: new AbortController().signal };

/** What each piece of work waits for, and the order in which they began. */
function createWork() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    begun,
    end: (name: string) => ends.get(name)?.(),
    of: (name: string) => (): Promise<void> => {
      begun.push(name);
      return new Promise((resolve) => ends.set(name, resolve));
    },
  };
}

describe('a work queue', () => {
  it('runs a limited number at a time, and the others in order of arrival', async () => {
    const lane = createWorkQueue(2, clock);
    const work = createWork();
    const all = ['a', 'b', 'c', 'd'].map((name) => lane(work.of(name), STAYS));
    expect(work.begun).toEqual(['a', 'b']);

    work.end('b');
    await all[1];
    expect(work.begun).toEqual(['a', 'b', 'c']);
    work.end('a');
    await all[0];

    expect(work.begun).toEqual(['a', 'b', 'c', 'd']);
  });

  it('runs urgent work first, also when it becomes urgent while it waits', async () => {
    const lane = createWorkQueue(1, clock);
    const work = createWork();
    const now = clock.now();
    const inLine = (name: string, hurriesAt: number) => lane(work.of(name), { ...STAYS, hurriesAt });
    const first = inLine('first', now);
    const all = [inLine('calm', now + 9_000), inLine('soon', now + 5_000), inLine('late', now)];

    clock.advance(5_000);
    work.end('first');
    await first;
    for (const name of ['late', 'soon', 'calm']) {
      await expect.poll(() => work.begun.at(-1)).toBe(name);
      work.end(name);
    }
    await Promise.all(all);

    expect(work.begun).toEqual(['first', 'late', 'soon', 'calm']);
  });

  it('has room again after work that failed', async () => {
    const lane = createWorkQueue(1, clock);

    await expect(lane(() => Promise.reject(new Error('failed')), STAYS)).rejects.toThrow('failed');

    expect(await lane(async () => 'done', STAYS)).toBe('done');
  });

  it('lets waiting work leave, and nothing else', async () => {
    const lane = createWorkQueue(1, clock);
    const [first, second] = [new AbortController(), new AbortController()];
    const { promise, resolve } = Promise.withResolvers<string>();
    const begun = lane(() => promise, { ...STAYS, leaves: first.signal });
    const left = lane(async () => 'second', { hurriesAt: 0, leaves: second.signal });
    const stayed = lane(async () => 'third', STAYS);

    first.abort();
    second.abort();
    expect(await left).toBeUndefined();
    resolve('first');

    expect(await Promise.all([begun, stayed])).toEqual(['first', 'third']);
  });
});
