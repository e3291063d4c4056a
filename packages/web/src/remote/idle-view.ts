import type { FlowView, StepUpRequestType } from '@stepgate/core';

/** The view before the flow has started. */
export function idleView(now: number, allowedEvents: readonly StepUpRequestType[]): FlowView {
  return { version: 0, now, state: 'idle', factors: [], enrollable: [], authenticators: [], allowedEvents };
}
