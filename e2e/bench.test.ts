import { expect, it } from 'vitest';
import { startProgram } from './support/program.ts';

it('prints the table of the guard benchmark', async () => {
  const bench = startProgram('bench/guard.mjs', { BENCH_ROUNDS: '1', BENCH_REQUESTS: '10' });
  expect(await bench.ended).toBe(0);
  expect(bench.stdout).toMatch(/\| gate\.require, with a fresh approval \| [\d.]+ \|/);
  expect(bench.stdout).toMatch(/\| express-openid-connect: auth and claimCheck \| [\d.]+ \|/);
});

it('prints the tables of the flow benchmark', async () => {
  const bench = startProgram('bench/flows.mjs', {
    BENCH_FLOWS: '5',
    BENCH_SECONDS: '1',
    BENCH_INTERVAL_MS: '700',
    BENCH_APPROVALS: '2',
    // The other parts take up to a minute each.
    BENCH_ONLY: 'watchers,polls',
  });
  expect(await bench.ended).toBe(0);
  expect(bench.stdout).toMatch(/\| CPU of a pending poll, 5 watched flows/);
  expect(bench.stdout).toMatch(/\| the gate \| 5 \| [\d.]+ \|/);
  expect(bench.stdout).toMatch(/\| ky with its defaults \| 5 \| [\d.]+ \|/);
  expect(bench.stdout).toMatch(/\| 10 \| [\d.]+ \|/);
});
