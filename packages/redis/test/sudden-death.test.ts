import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithRedis, redisUrl } from './support/describe-with-redis.ts';
import { type Death, type GateProcess, startProcess } from './support/gate-process.ts';
import { type Outcome, type Shape, survive } from './support/survive.ts';

/**
 * `STEPGATE_DEATHS=all`: before and after every write of anything. Otherwise those of the flow's own record: before
 * each, which is after what the process had done until then, and after each too where a push goes out.
 */
const isThorough = process.env.STEPGATE_DEATHS === 'all';
/** So many processes at once, of which most wait. */
const AT_ONCE = 8;
/** More writes than any flow has. */
const MOST_WRITES = 200;

interface Whens {
  readonly whens: readonly Death['when'][];
}

const BOTH = ['before', 'after'] as const;
const SHAPES: Readonly<Record<string, Shape & Whens>> = {
  'a push': { route: '/single', isEnrolled: true, whens: BOTH },
  'a code': { route: '/otp', isEnrolled: true, whens: ['before'] },
  'a first phone': { route: '/single', isEnrolled: false, whens: ['before'] },
};

let survivor: GateProcess;

describeWithRedis('a process that is killed', () => {
  beforeAll(async () => {
    survivor = await startProcess(redisUrl, { isKept: true });
  });
  afterAll(() => survivor.stop());

  /** Every write in turn, until a flow has no more. */
  async function everyDeath({ whens, ...shape }: Shape & Whens): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = [];
    const counts = isThorough ? 'all' : 'records';
    const deaths = Array.from({ length: MOST_WRITES }, (_, n) =>
      (isThorough ? BOTH : whens).map((when): Death => ({ at: n + 1, when, counts })),
    )
      .flat()
      .values();
    let isPastTheEnd = false;
    async function lane(): Promise<void> {
      for (const death of deaths) {
        const outcome = await survive({ redisUrl, shape, death, survivor });
        outcomes.push(outcome);
        isPastTheEnd ||= !outcome.died;
        if (isPastTheEnd) return;
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    return outcomes;
  }

  it.each(Object.entries(SHAPES))(
    'leaves %s to another process, at whichever write it dies: nothing is sent twice by itself, used twice, lost or stuck',
    async (_, shape) => {
      const outcomes = await everyDeath(shape);

      expect(outcomes.flatMap(({ faults }) => faults)).toEqual([]);
      expect(outcomes.filter(({ died }) => died).length).toBeGreaterThan(7);
    },
    isThorough ? 1_200_000 : 180_000,
  );
});
