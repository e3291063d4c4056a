import { type FlowView, StepUpError, type StepUpRequest } from '@stepgate/core';

/** Why a flow does not accept a request now. */
export function refusalOf(request: StepUpRequest, view: FlowView, now: number): StepUpError {
  const { type } = request;
  const wait = (allowedAt(request, view) ?? 0) - now;
  if (view.allowedEvents.includes(type) && wait > 0) {
    return new StepUpError('rate_limited', `${type} comes too early: wait ${Math.ceil(wait / 1_000)} s`, {
      retryAfterMs: wait,
    });
  }
  return new StepUpError('event_not_allowed', `the flow is ${view.state} and does not accept ${type} now`);
}

/** When the flow will accept this request, if it is only too early. */
function allowedAt(request: StepUpRequest, view: FlowView): number | undefined {
  switch (request.type) {
    case 'factor.choose': {
      const isKnown = view.authenticators.some(({ id }) => id === request.authenticatorId);
      return isKnown ? view.messageAllowedAt?.[request.authenticatorId] : undefined;
    }
    case 'enrollment.begin':
      return view.enrollable.includes(request.factor) ? view.messageAllowedAt?.[request.factor] : undefined;
    case 'challenge.resend':
      return view.resendAllowedAt;
    default:
      return view.retryAllowedAt;
  }
}

/** This browser owns no flow. */
export function notFound(basePath: string): StepUpError {
  return new StepUpError('flow_not_found', `This browser has no flow. Start one with POST ${basePath}/flow`);
}

/** The user has decided on an old view. */
export function stale(): StepUpError {
  return new StepUpError('version_stale', 'The flow has moved on. Read the view and decide again.');
}

/** The flow adds a number or an address, and the request names another one. */
export function otherAddress(): StepUpError {
  return new StepUpError(
    'event_not_allowed',
    'The approval was for another number or address. Cancel, and add this one with its own approval.',
  );
}

/** The route's policy does not let another login approve. */
export function noLinks(): StepUpError {
  return new StepUpError(
    'invalid_request',
    'This route takes no approval of another login. Set `allowOtherLogin` in its policy to allow it.',
  );
}

/** Another login of the subject runs the flow for this one. */
export function onlyWaits(): StepUpError {
  return new StepUpError(
    'event_not_allowed',
    'The flow waits for another login, or goes on there. It can be cancelled here, and nothing else.',
  );
}

/** Two clients of one session, or two tabs of a browser, start at once. The other start ends in a moment. */
export function startedElsewhere(): StepUpError {
  return new StepUpError(
    'flow_in_progress',
    'This session is starting a flow in another tab or client. Try again.',
    {
      retryAfterMs: 1_000,
    },
  );
}

/** Another requirement's flow is under way here. */
export function inProgress(basePath: string): StepUpError {
  return new StepUpError(
    'flow_in_progress',
    `This browser is in a flow for something else. Finish it, or cancel it with DELETE ${basePath}/flow`,
  );
}

/** The only way to the approval is the provider's page. */
export function onlyInBrowser(): StepUpError {
  return new StepUpError(
    'no_usable_factor',
    "This is approved on the provider's page, and only in the browser that asks for it. Open the guarded route there.",
  );
}

/** Not the return of the flow that this browser has sent to the provider's page. */
export function unknownReturn(): StepUpError {
  return new StepUpError(
    'return_unknown',
    'This return belongs to nothing that this browser is waiting for. Go back to the page where you began.',
  );
}

/** Another site has sent it, or may have. */
export function crossSite(): StepUpError {
  return new StepUpError('cross_site_request', 'Only pages of this site can do this.');
}

/** Nobody is signed in. */
export function signInFirst(): StepUpError {
  return new StepUpError('login_required', 'Sign in first.');
}
