import { expect, it } from 'vitest';
import { type FlowStateName, stepUpMachine } from '../../src/index.ts';
import { statechartPage } from '../support/statechart.ts';

it('matches the page in docs/', async () => {
  // After a change of the chart: vitest run --project core statechart --update
  await expect(statechartPage()).toMatchFileSnapshot('../../../../docs/reference/statechart.md');
});

it('has exactly the states of FlowStateName', () => {
  const names = {
    idle: true,
    authenticating: true,
    listing: true,
    choosing: true,
    enrolling: true,
    confirming: true,
    challenging: true,
    polling: true,
    prompting: true,
    redirecting: true,
    verifying: true,
    identifying: true,
    acknowledging: true,
    approved: true,
    rejected: true,
    expired: true,
    failed: true,
    cancelled: true,
  } satisfies Record<FlowStateName, true>;
  expect(Object.keys(stepUpMachine.states).sort()).toEqual(Object.keys(names).sort());
});
