import { StepUpError } from '@stepgate/core';
import type { Endpoints } from '../endpoints/router.ts';

/** Notices a gate whose guards refuse, and which is not mounted: nothing would answer where the user is sent. */
export interface MountCheck {
  /** The endpoints; a request that they are asked about has come by the gate itself. */
  watch(endpoints: Endpoints): Endpoints;
  /** A guard has refused a request for want of an approval. */
  refused(): void;
}

/** Makes the check, which speaks once at the most. */
export function createMountCheck({
  basePath,
  onError,
}: {
  readonly basePath: string;
  readonly onError: (error: unknown) => void;
}): MountCheck {
  let isSettled = false;

  return {
    watch: (endpoints) => (request, web) => {
      isSettled = true;
      return endpoints(request, web);
    },
    refused() {
      if (isSettled) return;
      isSettled = true;
      const message = `a guard has refused a request, and none has come by the gate itself yet: unless it is mounted for its own path alone, or behind the routes, it is missing, app.use(gate), and nothing answers under ${basePath}`;
      onError(new StepUpError('misconfigured', message));
    },
  };
}
