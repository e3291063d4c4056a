import { json, stepUpChallenge } from './answer.ts';
import { findApproval } from './approval.ts';
import { type Handles, recordKey } from './handle.ts';
import { type Asker, type HostRequest, type HostResponse, originOf } from './host-request.ts';
import { type ParsedPolicy, type Policy, parsePolicy } from './policy.ts';
import type { Approval, Records } from './record.ts';
import { type Requirement, type Requirements, requirementHash } from './requirement.ts';
import { isNavigation, safePath, siteOf } from './same-origin.ts';
import { type LoginUrl, signedOutResponse } from './signed-out.ts';

/** What a guarded handler sees of the approval that let it run. */
export interface StepUp {
  readonly approval: Approval;
  /** Gives a single-use approval back, when the handler did not do what was approved. */
  release(): Promise<void>;
}

/** What the guard decides: the handler runs and sees the step-up, or the answer goes out and it never runs. */
export type Decision =
  | { readonly isAllowed: true; readonly stepUp: StepUp }
  | { readonly isAllowed: false; readonly response: HostResponse };

/** Decides about one request under one policy. */
export type Guard<Native> = (request: HostRequest<Native>) => Promise<Decision>;

/** What guards are made of. */
export interface GuardOptions<Native> {
  readonly basePath: string;
  readonly records: Records;
  readonly handles: Handles;
  readonly requirements: Requirements;
  readonly now: () => number;
  readonly askerOf: (request: HostRequest<Native>) => Promise<Asker | undefined>;
  readonly loginUrl: LoginUrl<Native> | undefined;
}

/** Makes the guard of one route. Its path with a fresh approval is one store read, and no cryptography but a hash. */
export function createGuard<Native>(policy: Policy, options: GuardOptions<Native>): Guard<Native> {
  const parsed = parsePolicy(policy);
  const hash = requirementHash(parsed);
  const { records, handles, now } = options;

  return async function guard(request) {
    const asker = await options.askerOf(request);
    if (asker === undefined)
      return { isAllowed: false, response: signedOutResponse(request, options.loginUrl) };
    const handle = handles.read(request);
    const key = handle && recordKey(handle, asker);
    const approval = key && (await takeApproval(key, asker));
    if (key && approval) return { isAllowed: true, stepUp: createStepUp(records, key, approval) };
    return { isAllowed: false, response: refuse(request, asker, handle, parsed, options) };
  };

  async function takeApproval(key: string, { subject, session }: Asker): Promise<Approval | undefined> {
    const find = (approvals: readonly Approval[]): Approval | undefined =>
      findApproval({ approvals, subject, policy: parsed, hash, now: now() });
    const { record } = await records.read(key);
    if (record === undefined || record.session !== session) return undefined;
    const found = find(record.approvals);
    if (found === undefined || !found.singleUse) return found;
    // Used up before the handler runs, in the same write that finds it unused.
    return records.update(key, (current) => {
      const unused = current?.session === session ? find(current.approvals) : undefined;
      if (current === undefined || unused === undefined) return { result: undefined };
      return { record: replace(current, { ...unused, usedAt: now() }), result: unused };
    });
  }
}

function replace<T extends { readonly approvals: readonly Approval[] }>(record: T, approval: Approval): T {
  return { ...record, approvals: record.approvals.map((one) => (one.id === approval.id ? approval : one)) };
}

function createStepUp(records: Records, key: string, approval: Approval): StepUp {
  let isReleased = false;
  return {
    approval,
    async release() {
      // Once only: by the second time the approval may be another request's.
      if (!approval.singleUse || isReleased) return;
      isReleased = true;
      await records.update(key, (record) =>
        record === undefined
          ? { result: undefined }
          : { record: replace(record, approval), result: undefined },
      );
    },
  };
}

function refuse<Native>(
  request: HostRequest<Native>,
  asker: Asker,
  handle: string | undefined,
  policy: ParsedPolicy,
  options: GuardOptions<Native>,
): HostResponse {
  const { basePath, handles, requirements } = options;
  const challenge = { 'www-authenticate': stepUpChallenge(policy.maxAgeSeconds) };
  if (request.method === 'HEAD' || request.method === 'OPTIONS') {
    return { status: 401, headers: { ...challenge, 'cache-control': 'no-store' }, body: '' };
  }
  // Handed out now, so that two clicks that start a flow at once start it in the same record.
  const cookie =
    handle === undefined && siteOf(request) === 'same-origin' ? handles.mint(request).headers : {};
  if (isNavigation(request)) {
    const ticket = requirements.issue(asker, { policy, ...waysBack(request, basePath) });
    const location = `${basePath}?requirement=${ticket}`;
    return { status: 303, headers: { location, 'cache-control': 'no-store', ...cookie }, body: '' };
  }
  const { maxAgeSeconds, factors, action } = policy;
  return json(
    401,
    {
      error: 'insufficient_user_authentication',
      error_description:
        'this needs a fresh approval: start a flow with the requirement, then repeat the request',
      max_age: maxAgeSeconds,
      factors,
      ...(action && { action }),
      step_up: { start: `${basePath}/flow`, requirement: requirements.issue(asker, { policy }) },
    },
    { ...challenge, ...cookie },
  );
}

/**
 * After an approval back to the page itself for GET; for anything else to the page that held the form, since a post
 * cannot be gone to.
 */
function waysBack(
  request: HostRequest<unknown>,
  basePath: string,
): Pick<Requirement, 'returnTo' | 'leaveTo'> {
  const leaveTo = refererPath(request, basePath);
  const returnTo = request.method === 'GET' ? shortEnough(safePath(request.url, originOf(request))) : leaveTo;
  return { ...(returnTo !== undefined && { returnTo }), ...(leaveTo !== undefined && { leaveTo }) };
}

/** The page of this site, but none of Stepgate's own, on which the user pressed something. */
function refererPath(request: HostRequest<unknown>, basePath: string): string | undefined {
  const referer = request.header('referer');
  if (referer === undefined || !URL.canParse(referer)) return undefined;
  const { origin, pathname, search } = new URL(referer);
  const isOwnPage = pathname === basePath || pathname.startsWith(`${basePath}/`);
  if (isOwnPage || origin !== originOf(request)) return undefined;
  return shortEnough(safePath(pathname + search, origin));
}

const LONGEST_RETURN_PATH = 2_048;

/** The path travels in the ticket, and the ticket in an address: a longer one is not gone back to. */
function shortEnough(path: string | undefined): string | undefined {
  return path !== undefined && path.length <= LONGEST_RETURN_PATH ? path : undefined;
}
