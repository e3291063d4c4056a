import { defineConfig } from 'vitest/config';

// Processes are started and killed: they take what a busy machine gives them.
export default defineConfig({
  test: { name: 'sqlite', include: ['test/**/*.test.ts'], testTimeout: 30_000 },
});
