import { notFound, signInFirst } from '../flow/errors.ts';
import { type FlowTarget, targetOf } from '../flow/target.ts';
import type { Known } from '../request/asker.ts';
import type { Handles } from '../request/handle-cookie.ts';
import type { HostRequest } from '../request/host-request.ts';

/** Finds out whose request it is, and which record is theirs. */
export interface Ownership<Native> {
  /** Who is signed in, `undefined` for nobody. */
  readonly knownOf: (request: HostRequest<Native>) => Known | undefined | Promise<Known | undefined>;
  /** @throws StepUpError `login_required` (401) when nobody is signed in. */
  readonly mustKnow: (request: HostRequest<Native>) => Promise<Known>;
  /** @throws StepUpError `login_required` (401), or `flow_not_found` (404) for a browser without a handle. */
  readonly mustOwn: (request: HostRequest<Native>) => Promise<FlowTarget<Native>>;
}

/** Makes the finder. */
export function createOwnership<Native>(options: {
  readonly basePath: string;
  readonly handles: Handles;
  readonly knownOf: (request: HostRequest<Native>) => Known | undefined | Promise<Known | undefined>;
}): Ownership<Native> {
  const { basePath, handles, knownOf } = options;

  async function mustKnow(request: HostRequest<Native>): Promise<Known> {
    const known = await knownOf(request);
    if (known !== undefined) return known;
    throw signInFirst();
  }

  return {
    knownOf,
    mustKnow,
    async mustOwn(request) {
      const known = await mustKnow(request);
      const handle = handles.read(request);
      if (handle === undefined) throw notFound(basePath);
      return targetOf(request, known, handle);
    },
  };
}
