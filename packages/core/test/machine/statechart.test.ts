import { expect, it } from 'vitest';
import { statechartPage } from '../support/statechart.ts';

it('is documented as it is', async () => {
  // After a change of the chart: vitest run --project core statechart --update
  await expect(statechartPage()).toMatchFileSnapshot('../../../../docs/statechart.md');
});
