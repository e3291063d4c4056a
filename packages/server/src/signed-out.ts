import { StepUpError } from '@stepgate/core';
import { errorResponse } from './answer.ts';
import type { HostRequest, HostResponse } from './host-request.ts';
import { isNavigation } from './same-origin.ts';

/** Where a signed-out page load is sent; `undefined` for nowhere. */
export type LoginUrl<Native> = (request: Native) => string | undefined;

/** The answer to a request of nobody: page loads go to the app's login, everybody else gets a 401. */
export function signedOutResponse<Native>(
  request: HostRequest<Native>,
  loginUrl: LoginUrl<Native> | undefined,
): HostResponse {
  const location = isNavigation(request) ? loginUrl?.(request.native) : undefined;
  if (location !== undefined)
    return { status: 303, headers: { location, 'cache-control': 'no-store' }, body: '' };
  return errorResponse(
    new StepUpError('login_required', 'sign in first', {
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
    }),
  );
}
