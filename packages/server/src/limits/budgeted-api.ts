import { type EnrollingWay, StepUpError } from '@stepgate/core';
import type { TenantBudget } from './tenant-budget.ts';

/**
 * The requests to the provider outside of flows, within the budget.
 *
 * @throws StepUpError `rate_limited` (429, the same as when the provider refuses) if no turn comes in time. Nothing
 * was sent then.
 */
export function budgetedApi(way: EnrollingWay, budget: TenantBudget): Pick<EnrollingWay, 'list' | 'remove'> {
  async function takeTurn(): Promise<void> {
    const retryAfterMs = await budget.takeTurn();
    if (retryAfterMs === undefined) return;
    throw new StepUpError(
      'rate_limited',
      'The app has sent too many requests to the provider. Try again later.',
      {
        retryAfterMs,
      },
    );
  }

  return {
    async list(options) {
      await takeTurn();
      return way.list(options);
    },
    async remove(options) {
      await takeTurn();
      return way.remove(options);
    },
  };
}
