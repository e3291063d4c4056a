import { defineConfig } from 'vitest/config';

// Servers and processes are started and killed: they take what a busy machine gives them.
export default defineConfig({
  test: {
    name: 'postgres',
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/global-setup.ts',
    testTimeout: 30_000,
  },
});
