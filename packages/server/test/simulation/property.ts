import fc from 'fast-check';
import { type Story, story } from './stories.ts';
import { type CreateStore, simulate } from './world.ts';

/** What runs came to. */
export interface Count {
  runs: number;
  steps: number;
  simulatedMs: number;
}

/** What a run decides by chance, and what follows from it; a run that breaks a promise fails. */
export function keepsItsPromises(count?: Count, createStore?: CreateStore) {
  return fc.asyncProperty(fc.scheduler(), fc.gen(), story, async (scheduler, gen, { setup, steps }) => {
    const draw = (most: number): number => gen(fc.nat, { max: most - 1 });
    const { broken, simulatedMs } = await simulate(scheduler, draw, steps, setup, createStore);
    if (count !== undefined) {
      count.runs += 1;
      count.steps += steps.length;
      count.simulatedMs += simulatedMs;
    }
    if (broken.length > 0) throw new Error(broken.join('; '));
  });
}

/** What fails in so many runs from this seed, to be read and to be run again; `undefined` when nothing does. */
export async function failureIn(
  numRuns: number,
  seed: number,
  createStore?: CreateStore,
): Promise<string | undefined> {
  const { stackTraceLimit } = Error;
  // Every refusal is an error, and nobody reads where it came from.
  Error.stackTraceLimit = 0;
  try {
    return failureOf(await fc.check(keepsItsPromises(undefined, createStore), { numRuns, seed }));
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** What failed, to be read and to be run again; `undefined` when nothing did. */
export function failureOf({ failed, seed, counterexample, counterexamplePath, errorInstance }: Details) {
  if (!failed) return undefined;
  const { setup, steps } = (counterexample as unknown[])[2] as Story;
  const { message } = errorInstance as Error;
  const lines = steps.map((step) => JSON.stringify(step));
  return [`${message}: seed ${seed}, path ${counterexamplePath}`, JSON.stringify(setup), ...lines].join('\n');
}

type Details = Pick<
  fc.RunDetails<unknown[]>,
  'failed' | 'seed' | 'counterexample' | 'counterexamplePath' | 'errorInstance'
>;
