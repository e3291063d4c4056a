import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { launchOptions } from '../system.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the browser listens that all tests share, each in a context of its own. */
    browserAddress: string;
  }
}

/** Starts one browser for all the tests, which takes longer than many of them; the result ends it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await chromium.launchServer(launchOptions());
  project.provide('browserAddress', server.wsEndpoint());
  return () => server.close();
}
