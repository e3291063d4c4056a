import { describe, expect, it } from 'vitest';
import { failureIn } from './property.ts';

/** Few, and always the same. `npm run simulate` makes as many as wanted, of any seed. */
const RUNS = 1_000;
const SEED = 20_260_105;
/** On a busy machine. */
const LONGEST_RUN_MS = 900;

describe('an owner, an attacker with the session, and one with session and handle', () => {
  it('break no promise with two processes, whatever is cut off, delayed, lost or set back', {
    timeout: RUNS * LONGEST_RUN_MS,
  }, async () => {
    expect(await failureIn(RUNS, SEED)).toBeUndefined();
  });
});
