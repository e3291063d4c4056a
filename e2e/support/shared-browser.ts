import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { launchOptions } from '../system.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the browser listens that all tests share, each with contexts for itself. */
    browserAddress: string;
    /** A folder in which tests note what axe has seen in this run. */
    sightsFolder: string;
  }
}

/** Starts one browser for all tests, since a start takes longer than many of them. The result ends it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await chromium.launchServer(launchOptions());
  project.provide('browserAddress', server.wsEndpoint());
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-sights-'));
  project.provide('sightsFolder', folder);
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  project.onTestsRerun(() => {
    remove();
    mkdirSync(folder);
  });
  return async () => {
    remove();
    await server.close();
  };
}
