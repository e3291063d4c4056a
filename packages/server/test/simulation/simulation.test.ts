import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BROWSERS, type Browser, type Deed, type Step, simulate } from './world.ts';

const by = fc.constantFrom(...(Object.keys(BROWSERS) as Browser[]));
const flag = fc.boolean();

/** What somebody does, the more often the more it is about. */
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant('start'), by, isSingleUse: flag }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('cancel'), by }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('look'), by }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('watch'), by }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('type a code'), by }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('choose the code'), by }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom('resend', 'retry'), by }) },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('use'), by, isSingleUse: flag, releases: fc.constant(false) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('use'), by, isSingleUse: flag, releases: fc.constant(true) }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('answer'), approves: flag }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('prove'), by, isSingleUse: flag }) },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constantFrom('ring and cancel', 'guess and cancel'),
      by,
      after: fc.nat({ max: 60 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('start with a foreign token'),
      by: fc.constantFrom('attacker', 'twin'),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('wait'),
      ms: fc.constantFrom(50, 3_000, 6_000, 16_000, 300_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('crash'), process: fc.nat({ max: 1 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('faults'), areOn: flag }) },
);

const step: fc.Arbitrary<Step> = fc.record({
  deed,
  process: fc.nat({ max: 1 }),
  turns: fc.oneof(fc.nat({ max: 12 }), fc.constant(10_000)),
});

/** How many runs: few in the suite, which are always the same; as many as wanted by `pnpm simulate`. */
const { SIMULATION_RUNS, SIMULATION_SEED } = process.env;
const RUNS = Number(SIMULATION_RUNS ?? 1_000);
const SEED = Number(SIMULATION_SEED ?? 20_260_105);
/** On average, on a busy machine. */
const LONGEST_RUN_MS = 240;

describe('an owner, an attacker with the session, and one with session and handle', () => {
  it('break no promise with two processes, whatever is cut off, delayed or lost', {
    timeout: RUNS * LONGEST_RUN_MS,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.gen(),
        fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }),
        async (scheduler, gen, steps) => {
          expect(await simulate(scheduler, (count) => gen(fc.nat, { max: count - 1 }), steps)).toEqual([]);
        },
      ),
      { numRuns: RUNS, seed: SEED },
    );
  });
});
