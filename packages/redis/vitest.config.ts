import { defineConfig } from 'vitest/config';
import { sharedByStores } from '../../vitest.shared.ts';

export default defineConfig({
  test: { ...sharedByStores, name: 'redis', globalSetup: 'test/support/global-setup.ts' },
});
