import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    name: 'e2e',
    // No test replaces a module, and a worker that starts anew for each file costs more than some files.
    isolate: false,
    include: ['**/*.test.ts'],
    globalSetup: ['support/shared-browser.ts'],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    // These tests wait for about half of their time. They run after all others, so that nothing else slows the browser down.
    maxWorkers: 2 * availableParallelism(),
    sequence: { groupOrder: 1 },
  },
});
