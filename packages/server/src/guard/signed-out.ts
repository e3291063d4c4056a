import { StepUpError } from '@stepgate/core';
import { errorResponse } from '../request/error-response.ts';
import type { HostRequest } from '../request/host-request.ts';
import { isNavigation } from '../request/navigation.ts';
import type { Refusal } from './refusal.ts';

/** Where a signed-out page load is redirected, or a function that returns it; `undefined` for no redirect. */
export type LoginUrl<Native = unknown> = string | ((request: Native) => string | undefined);

/** Refuses a request without a signed-in user: page loads go to the app's login, other requests get a 401. */
export function signedOut(
  request: HostRequest,
  loginUrl: LoginUrl | undefined,
  isPageLoad = isNavigation(request),
): Refusal {
  const error = new StepUpError('login_required', 'Sign in first.', {
    headers: { 'www-authenticate': 'Bearer' },
  });
  const location = isPageLoad ? locationOf(request, loginUrl) : undefined;
  if (location === undefined) return { error, response: errorResponse(error) };
  return { error, response: { status: 303, headers: { location, 'cache-control': 'no-store' }, body: '' } };
}

function locationOf({ native }: HostRequest, loginUrl: LoginUrl | undefined): string | undefined {
  return typeof loginUrl === 'function' ? loginUrl(native) : loginUrl;
}
