import { defineConfig } from 'vitest/config';

// The command's tests start processes, which takes its time on a busy machine.
export default defineConfig({
  test: {
    name: 'doctor',
    include: ['test/**/*.test.ts'],
    isolate: false,
    testTimeout: 20_000,
  },
});
