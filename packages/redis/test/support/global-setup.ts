import type { TestProject } from 'vitest/node';
import { redisProgram, startRedis } from './redis-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Empty if this machine has no server, which is allowed outside CI. */
    redisUrl: string;
  }
}

/** Starts one server for all tests of this project. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (redisProgram() === undefined) {
    if (process.env.CI) throw new Error('there is no redis-server: run `node scripts/ensure-system.mjs`');
    console.warn('\nNo redis-server on this machine: the tests of @stepgate/redis are skipped.\n');
    project.provide('redisUrl', '');
    return async () => {};
  }
  const server = await startRedis();
  project.provide('redisUrl', server.url);
  return () => server.stop();
}
