import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    name: 'e2e',
    include: ['**/*.test.ts'],
    globalSetup: ['support/shared-browser.ts'],
    testTimeout: 90_000,
    expect: { poll: { timeout: 30_000 } },
    // They wait more than they work. After everything else, so that nothing else takes the processor from a browser.
    maxWorkers: 4,
    sequence: { groupOrder: 1 },
  },
});
