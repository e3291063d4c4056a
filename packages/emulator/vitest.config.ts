import { defineConfig } from 'vitest/config';
import { shared } from '../../vitest.shared.ts';

export default defineConfig({
  test: {
    ...shared,
    name: 'emulator',
    // The command's tests start processes, which takes its time on a busy machine.
    expect: { poll: { timeout: 10_000 } },
  },
});
