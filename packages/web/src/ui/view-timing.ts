import type { FlowView } from '@stepgate/core';
import type { Clock } from '@stepgate/core/ui';

/** The server's time, and how long the current wait lasts in total, as far as the views show them. */
export interface ViewTiming {
  /** Takes each new view. */
  observe(view: FlowView): void;
  /** The server's time now. */
  now(): number;
  readonly span: number;
}

/** Makes the timing of one flow. */
export function createViewTiming(clock: Clock): ViewTiming {
  let skew = Number.NEGATIVE_INFINITY;
  let span = 0;
  let spanEnd: number | undefined;
  return {
    get span() {
      return span;
    },
    now: () => clock.now() + skew,
    observe({ now, expiresAt }) {
      // A view is never newer than now, so the largest difference of the clocks is the most accurate one.
      skew = Math.max(skew, now - clock.now());
      if (expiresAt === spanEnd) return;
      spanEnd = expiresAt;
      span = (spanEnd ?? 0) - now;
    },
  };
}
