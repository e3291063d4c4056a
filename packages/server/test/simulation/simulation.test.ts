import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf, keepsItsPromises } from './property.ts';

/** Few, and always the same. `npm run simulate` makes as many as wanted, of any seed. */
const RUNS = 1_000;
const SEED = 20_260_105;
/** On a busy machine. */
const LONGEST_RUN_MS = 900;

describe('an owner, an attacker with the session, and one with session and handle', () => {
  it('break no promise with two processes, whatever is cut off, delayed, lost or set back', {
    timeout: RUNS * LONGEST_RUN_MS,
  }, async () => {
    const { stackTraceLimit } = Error;
    // Every refusal is an error, and nobody reads where it came from.
    Error.stackTraceLimit = 0;
    try {
      expect(failureOf(await fc.check(keepsItsPromises(), { numRuns: RUNS, seed: SEED }))).toBeUndefined();
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  });
});
