import { type FlowView, StepUpError, type StepUpRequest } from '@stepgate/core';

/** Why a flow does not take a request now. */
export function refusalOf({ type }: StepUpRequest, view: FlowView, now: number): StepUpError {
  const wait = Math.max(view.resendAllowedAt ?? 0, view.retryAllowedAt ?? 0) - now;
  if (view.allowedEvents.includes(type) && wait > 0) {
    return new StepUpError('rate_limited', `${type} comes too early: wait ${Math.ceil(wait / 1_000)} s`, {
      status: 429,
      retryAfterMs: wait,
    });
  }
  return new StepUpError('event_not_allowed', `the flow is ${view.state} and does not take ${type} now`, {
    status: 409,
  });
}

/** There is no flow that this browser owns. */
export function notFound(): StepUpError {
  return new StepUpError('flow_not_found', 'this browser has no flow: start one with POST /flow', {
    status: 404,
  });
}

/** The user has decided on an old view. */
export function stale(): StepUpError {
  return new StepUpError('version_stale', 'the flow has moved on: read the view and decide again', {
    status: 412,
  });
}

/** Two clients of one session start at once. */
export function startedElsewhere(retryAfterMs: number): StepUpError {
  return new StepUpError('flow_in_progress', 'this session starts a flow in another browser or client', {
    status: 409,
    retryAfterMs: Math.max(0, retryAfterMs),
  });
}

/** Another requirement's flow is under way here. */
export function inProgress(): StepUpError {
  return new StepUpError(
    'flow_in_progress',
    'this browser is in a flow for something else: finish it, or cancel it with DELETE /flow',
    { status: 409 },
  );
}
