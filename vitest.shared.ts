import { availableParallelism } from 'node:os';
import { PATIENT } from './suites/patience.ts';

/** The settings that the tests of all packages share. Each package adds its name, and what else it needs. */
export const shared = {
  include: ['test/**/*.test.ts'],
  // Files run one after the other in the same process: no test replaces a module or keeps state in one.
  isolate: false,
  // One more than there are processors, since some tests wait for servers and processes.
  maxWorkers: availableParallelism() + 1,
  // Unit tests do not wait for time to pass. The limits are for machines that are busy with something else.
  testTimeout: 60_000,
  hookTimeout: 120_000,
  expect: { poll: PATIENT },
} as const;

/** The same for the packages with stores, whose tests start and kill servers and processes, and keep them per file. */
export const sharedByStores = { ...shared, isolate: true, testTimeout: 90_000 } as const;
