import type { FlowView, StepUpRequestType } from '@stepgate/core';

/** The view before there is a flow. */
export function idleView(now: number, allowedEvents: readonly StepUpRequestType[]): FlowView {
  return { version: 0, now, state: 'idle', factors: [], enrollable: [], authenticators: [], allowedEvents };
}
