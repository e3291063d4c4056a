import { StepUpError } from '@stepgate/core';
import type { Demand } from '../policy/policy-reader.ts';
import type { Requirement, Requirements } from '../policy/requirement.ts';
import type { Caller } from '../request/caller.ts';
import { errorResponse, stepUpChallenge } from '../request/error-response.ts';
import { type Handles, recordKey } from '../request/handle-cookie.ts';
import { type HostRequest, type HostResponse, isUnder, originOf } from '../request/host-request.ts';
import { safePath } from '../request/same-origin.ts';
import type { PostedForm } from './replay.ts';

/** Why a request is refused, as an error for the app's handler and as the response. */
export interface Refusal {
  readonly error: StepUpError;
  readonly response: HostResponse;
}

/** Whose request is refused, and what it lacks. */
export interface Refused {
  readonly request: HostRequest<unknown>;
  readonly caller: Caller;
  /** The handle that the request shows. */
  readonly handle: string | undefined;
  readonly demand: Demand;
  /** Whether to redirect the user to the page, rather than answer the calling script. */
  readonly isPageLoad: boolean;
  /** What the route keeps of the request until the approval. */
  readonly form?: PostedForm | undefined;
}

/** Refuses a request that needs an approval: RFC 9470 for API callers, the page for navigations. */
export async function refuse(
  { request, caller, handle, demand, isPageLoad, form }: Refused,
  {
    basePath,
    handles,
    requirements,
  }: {
    readonly basePath: string;
    readonly handles: Handles;
    readonly requirements: Requirements;
  },
): Promise<Refusal> {
  const isBare = request.method === 'HEAD' || request.method === 'OPTIONS';
  const mayHold = !isBare && handle === undefined && handles.mayHold(request);
  // Parallel refused calls from several tabs would overwrite each other's handle, and with it a flow. A script gets
  // its handle when it starts the flow, which happens once at a time.
  const minted = mayHold && isPageLoad ? handles.mint(request) : undefined;
  const cookie = minted?.headers ?? {};
  const { policy, evidence } = demand;
  const { maxAgeSeconds, factors, action } = policy;
  const acrValues = evidence?.acr ?? [];
  const challenge = { 'www-authenticate': stepUpChallenge(maxAgeSeconds, acrValues) };
  const error = new StepUpError(
    'insufficient_user_authentication',
    'A fresh approval is required. Start a flow with the requirement, then repeat the request.',
    {
      headers: { ...challenge, ...cookie },
      details: {
        max_age: maxAgeSeconds,
        factors,
        ...(acrValues.length > 0 && { acr_values: acrValues }),
        ...(action && { action }),
        step_up: {
          start: `${basePath}/flow`,
          ...(policy.allowOtherLogin && { links: `${basePath}/links` }),
          requirement: requirements.issue(caller, { policy }),
        },
      },
    },
  );
  if (isBare) {
    return {
      error,
      response: { status: 401, headers: { ...challenge, 'cache-control': 'no-store' }, body: '' },
    };
  }
  if (!isPageLoad) return { error, response: errorResponse(error) };
  const owner = handle ?? minted?.handle;
  const kept = owner === undefined ? undefined : await form?.keep({ key: recordKey(owner, caller), caller });
  const ticket = requirements.issue(caller, { policy, ...waysBack(request, basePath), ...kept });
  const location = `${basePath}?requirement=${ticket}`;
  return {
    error,
    response: { status: 303, headers: { location, 'cache-control': 'no-store', ...cookie }, body: '' },
  };
}

/**
 * Where to go after the approval: for GET, back to the same page; otherwise to the page that held the form, since a
 * browser cannot navigate to a post.
 */
function waysBack(
  request: HostRequest<unknown>,
  basePath: string,
): Pick<Requirement, 'returnTo' | 'leaveTo'> {
  const leaveTo = refererPath(request, basePath);
  const returnTo = request.method === 'GET' ? shortEnough(safePath(request.url, originOf(request))) : leaveTo;
  return { ...(returnTo !== undefined && { returnTo }), ...(leaveTo !== undefined && { leaveTo }) };
}

/** The page of this site, other than Stepgate's own, where the user sent the request. */
function refererPath(request: HostRequest<unknown>, basePath: string): string | undefined {
  const referer = request.header('referer');
  if (referer === undefined || !URL.canParse(referer)) return undefined;
  const { origin, pathname, search } = new URL(referer);
  if (isUnder(pathname, basePath) || origin !== originOf(request)) return undefined;
  return shortEnough(safePath(pathname + search, origin));
}

const LONGEST_RETURN_PATH = 2_048;

/** The path travels in the ticket, and the ticket in an address, so a longer path is left out. */
function shortEnough(path: string | undefined): string | undefined {
  return path !== undefined && path.length <= LONGEST_RETURN_PATH ? path : undefined;
}
