import { defineConfig } from '@playwright/test';
import { launchOptions } from '../system.ts';

export default defineConfig({
  testDir: '.',
  fullyParallel: true,
  workers: 2,
  reporter: [['list']],
  outputDir: '../node_modules/.cache/playwright',
  use: { launchOptions: launchOptions() },
});
