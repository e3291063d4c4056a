import { isStepUpError } from '@stepgate/core';

const QUIET_MS = 60_000;

/**
 * Reports an error of the tenant at most once a minute: an outage, or a wrong set-up, hits every flow alike, and every
 * poll of each. Errors that the app's own functions throw are reported every time.
 */
export function createErrorThrottle({
  now,
  onError,
}: {
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}): (error: unknown) => void {
  const reportedAt = new Map<string, number>();

  return (error) => {
    if (isStepUpError(error)) {
      const at = now();
      for (const [message, last] of reportedAt) if (at - last >= QUIET_MS) reportedAt.delete(message);
      if (reportedAt.has(error.message)) return;
      reportedAt.set(error.message, at);
    }
    onError(error);
  };
}
