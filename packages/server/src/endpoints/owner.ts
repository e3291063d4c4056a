import { notFound, signInFirst } from '../flow/errors.ts';
import { type FlowTarget, targetOf } from '../flow/target.ts';
import type { Caller, CallerOf } from '../request/caller.ts';
import type { Handles } from '../request/handle-cookie.ts';
import type { HostRequest } from '../request/host-request.ts';

/** Finds out whose request it is, and which record is theirs. */
export interface Owners<Native> {
  /** Who is signed in, `undefined` for nobody. */
  readonly callerOf: CallerOf<Native>;
  /** @throws StepUpError `login_required` (401) when nobody is signed in. */
  readonly mustBeSignedIn: (request: HostRequest<Native>) => Promise<Caller>;
  /** @throws StepUpError `login_required` (401), or `flow_not_found` (404) for a browser without a handle. */
  readonly mustOwn: (request: HostRequest<Native>) => Promise<FlowTarget<Native>>;
}

/** Makes the finder. */
export function createOwners<Native>(options: {
  readonly basePath: string;
  readonly handles: Handles;
  readonly callerOf: CallerOf<Native>;
}): Owners<Native> {
  const { basePath, handles, callerOf } = options;

  async function mustBeSignedIn(request: HostRequest<Native>): Promise<Caller> {
    const caller = await callerOf(request);
    if (caller !== undefined) return caller;
    throw signInFirst();
  }

  return {
    callerOf,
    mustBeSignedIn,
    async mustOwn(request) {
      const caller = await mustBeSignedIn(request);
      const handle = handles.read(request);
      if (handle === undefined) throw notFound(basePath);
      return targetOf(request, caller, handle);
    },
  };
}
