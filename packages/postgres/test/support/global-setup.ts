import { rm } from 'node:fs/promises';
import type { TestProject } from 'vitest/node';
import { createTemplate, postgresProgram, startPostgres } from './postgres-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Empty if this machine has no server, which is allowed outside CI. */
    postgresUrl: string;
    /** The files of a server that has never run. */
    postgresTemplate: string;
  }
}

/** Starts one server for all tests of this project. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (postgresProgram() === undefined) {
    if (process.env.CI) throw new Error('there is no postgres: run `node scripts/ensure-system.mjs`');
    console.warn('\nNo PostgreSQL on this machine: the tests of @stepgate/postgres are skipped.\n');
    project.provide('postgresUrl', '');
    project.provide('postgresTemplate', '');
    return async () => {};
  }
  const template = await createTemplate();
  const server = await startPostgres(template);
  project.provide('postgresUrl', server.url);
  project.provide('postgresTemplate', template);
  return async () => {
    await server.stop();
    await rm(template, { recursive: true, force: true });
  };
}
