import { StepUpError } from '@stepgate/core';
import type { Endpoints } from '../endpoints/router.ts';
import type { Runtime } from '../events/runtime.ts';

/**
 * Notices a gate whose guards refuse, and which is not mounted: nothing would answer where users are sent. Tells of guards
 * that stand on a prefix too.
 */
export interface MountCheck {
  /** An adapter has registered the endpoints as routes, so the gate is mounted. */
  mounted(): void;
  /** The endpoints. A request that they are asked about shows that the gate is mounted. */
  watch<Native>(endpoints: Endpoints<Native>): Endpoints<Native>;
  /** A guard stands on a prefix of paths, and not on a route. */
  guardsPrefix(prefix: string): void;
  /** A guard has sent a page load to the built-in page: the browser asks for that page at once. */
  sentToPage(): void;
}

/** Long enough for a browser to ask for the page that it was sent to. */
const ANSWER_MS = 5_000;
/** With several processes another one may be asked for the page, but not this many times in a row. */
const MOST_ELSEWHERE = 20;

/** Makes the check. It reports each fault once at the most. */
export function createMountCheck({
  basePath,
  isAlone,
  runtime: { clock, onError },
}: {
  readonly basePath: string;
  /** Whether no other process can answer for this one. */
  readonly isAlone: boolean;
  readonly runtime: Pick<Runtime, 'clock' | 'onError'>;
}): MountCheck {
  let isSettled = false;
  let isPrefixTold = false;
  let sent = 0;
  let firstAt = 0;

  return {
    mounted() {
      isSettled = true;
    },
    guardsPrefix(prefix) {
      if (isPrefixTold) return;
      isPrefixTold = true;
      onError(
        new StepUpError(
          'misconfigured',
          `A guard stands on the prefix ${prefix}, and not on a route. What reads the path differently can serve a route below it unguarded. Put the guard on the routes: app.post('${prefix}/transfers', gate.require(policy), handler). Or put it into the router that has them: router.use(gate.require(policy)).`,
        ),
      );
    },
    watch: (endpoints) => (request, web) => {
      isSettled = true;
      return endpoints(request, web);
    },
    sentToPage() {
      if (isSettled) return;
      if (sent === 0) firstAt = clock.now();
      const hadTime = sent >= (isAlone ? 1 : MOST_ELSEWHERE) && clock.now() - firstAt >= ANSWER_MS;
      sent += 1;
      if (!hadTime) return;
      isSettled = true;
      const message = `Guards have sent page loads to ${basePath}, but no request has reached the gate there. Mount it with app.use(gate).`;
      onError(new StepUpError('misconfigured', message));
    },
  };
}
