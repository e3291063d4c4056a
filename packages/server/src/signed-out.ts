import { StepUpError } from '@stepgate/core';
import { errorResponse } from './answer.ts';
import type { HostRequest } from './host-request.ts';
import { isNavigation } from './navigation.ts';
import type { Refusal } from './refusal.ts';

/** Where a signed-out page load is sent; `undefined` for nowhere. */
export type LoginUrl<Native> = (request: Native) => string | undefined;

/** Refuses a request of nobody: page loads go to the app's login, everybody else gets a 401. */
export function signedOut<Native>(
  request: HostRequest<Native>,
  loginUrl: LoginUrl<Native> | undefined,
  isPageLoad = isNavigation(request),
): Refusal {
  const error = new StepUpError('login_required', 'sign in first', {
    status: 401,
    headers: { 'www-authenticate': 'Bearer' },
  });
  const location = isPageLoad ? loginUrl?.(request.native) : undefined;
  if (location === undefined) return { error, response: errorResponse(error) };
  return { error, response: { status: 303, headers: { location, 'cache-control': 'no-store' }, body: '' } };
}
