import { notFound, signInFirst } from '../../flow/errors.ts';
import { type FlowTarget, type LinkedTarget, linkedTarget, targetOf } from '../../flow/parts.ts';
import type { Links } from '../../policy/links.ts';
import type { Caller, CallerOf } from '../../request/caller.ts';
import type { Callers } from '../../request/callers.ts';
import type { HostRequest } from '../../request/host-request.ts';

/** Finds the caller of a request, and the record that the caller's browser owns. */
export interface Owners {
  /** Who is signed in; `undefined` when nobody is. */
  readonly callerOf: CallerOf;
  /** @throws StepUpError `login_required` (401) when nobody is signed in. */
  readonly mustBeSignedIn: (request: HostRequest) => Promise<Caller>;
  /** @throws StepUpError `login_required` (401), or `flow_not_found` (404) for a browser without a handle. */
  readonly mustOwn: (request: HostRequest, link?: string) => Promise<FlowTarget>;
  /**
   * The flow that a link leads to, for the browser that owns `own`.
   *
   * @throws StepUpError `requirement_invalid` (400) for a link of another user.
   */
  readonly linked: (own: FlowTarget, link: string) => LinkedTarget;
  /** Whether the login of an open request still lasts. */
  readonly isStillSignedIn: (request: HostRequest, caller: Caller) => Promise<boolean>;
}

/** Creates the finder. */
export function createOwners(options: {
  readonly basePath: string;
  readonly callers: Pick<Callers, 'callerOf' | 'handles'>;
  readonly links: Links;
}): Owners {
  const { basePath, links } = options;
  const { callerOf, handles } = options.callers;

  async function mustBeSignedIn(request: HostRequest): Promise<Caller> {
    const caller = await callerOf(request);
    if (caller !== undefined) return caller;
    throw signInFirst();
  }

  const linked = (own: FlowTarget, link: string): LinkedTarget =>
    linkedTarget(own, links.open(own.caller, link));

  return {
    callerOf,
    mustBeSignedIn,
    linked,
    async mustOwn(request, link) {
      const caller = await mustBeSignedIn(request);
      const handle = handles.read(request);
      if (handle === undefined) throw notFound(basePath);
      const own = targetOf(request, caller, handle);
      return link === undefined ? own : linked(own, link);
    },
    async isStillSignedIn(request, { session }) {
      return (await callerOf(request, { again: true }))?.session === session;
    },
  };
}
