import { isStepUpError } from '@stepgate/core';

const QUIET_MS = 60_000;

/**
 * Tells of what goes wrong with the tenant, the same thing at most once a minute: an outage, or a set-up that is wrong,
 * meets every flow alike, and the polls of each. Errors of the app's own functions are told every time.
 */
export function createErrorThrottle({
  now,
  onError,
}: {
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}): (error: unknown) => void {
  const toldAt = new Map<string, number>();

  return (error) => {
    if (isStepUpError(error)) {
      const at = now();
      for (const [message, told] of toldAt) if (at - told >= QUIET_MS) toldAt.delete(message);
      if (toldAt.has(error.message)) return;
      toldAt.set(error.message, at);
    }
    onError(error);
  };
}
