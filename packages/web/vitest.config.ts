import { defineConfig } from 'vitest/config';

// Nothing waits for time to pass; the limit is only for machines that are busy with something else.
export default defineConfig({
  test: { name: 'web', include: ['test/**/*.test.ts'], testTimeout: 20_000 },
});
