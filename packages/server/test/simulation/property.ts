import fc from 'fast-check';
import { type Story, story } from './stories.ts';
import { simulate } from './world.ts';

/** What runs came to. */
export interface Count {
  runs: number;
  steps: number;
  simulatedMs: number;
}

/** What a run decides by chance, and what follows from it; a run that breaks a promise fails. */
export function keepsItsPromises(count?: Count) {
  return fc.asyncProperty(fc.scheduler(), fc.gen(), story, async (scheduler, gen, { setup, steps }) => {
    const draw = (most: number): number => gen(fc.nat, { max: most - 1 });
    const { broken, simulatedMs } = await simulate(scheduler, draw, steps, setup);
    if (count !== undefined) {
      count.runs += 1;
      count.steps += steps.length;
      count.simulatedMs += simulatedMs;
    }
    if (broken.length > 0) throw new Error(broken.join('; '));
  });
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
