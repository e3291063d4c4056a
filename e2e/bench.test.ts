import { expect, it } from 'vitest';
import { startProgram } from './support/program.ts';

it('the benchmark of the guard prints its table', async () => {
  const bench = startProgram('bench/guard.mjs', { BENCH_ROUNDS: '1', BENCH_REQUESTS: '10' });
  expect(await bench.ended).toBe(0);
  expect(bench.stdout).toMatch(/\| gate\.require, with a fresh approval \| [\d.]+ \|/);
  expect(bench.stdout).toMatch(/\| express-openid-connect: auth and claimCheck \| [\d.]+ \|/);
});
