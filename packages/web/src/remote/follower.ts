import type { FlowView } from '@stepgate/core';
import type { RemoteError } from './remote-error.ts';
import { QUIET, type Snapshots } from './snapshots.ts';
import { type Connection, type WatchOptions, watchFlow } from './watch-flow.ts';

/** What a follower needs besides what {@link watchFlow} needs. */
type FollowerOptions = Pick<WatchOptions, 'client' | 'clock' | 'random' | 'presence'> & {
  readonly snapshots: Snapshots;
  /** The view when there is no flow. */
  readonly idle: () => FlowView;
};

/** Follows the flow, and shows in the snapshots what becomes of the connection. */
export interface Follower {
  readonly isFollowing: boolean;
  /** Follows the flow until it ends. */
  follow(): void;
  /** Takes the view that answers a request which has just left, and follows the flow. */
  readonly receive: (answer: Promise<FlowView>) => Promise<void>;
  /** The flow is gone, or can no longer be reached. */
  lose(error: RemoteError): void;
  stop(): void;
  /** Before there is a flow to follow, only the browser can say that the connection is back. */
  forgetUnreachableOnceOnline(signal: AbortSignal): void;
}

/** Makes the follower of an actor. */
export function createFollower({ snapshots, idle, ...parts }: FollowerOptions): Follower {
  const { update, expectViews } = snapshots;
  const { presence } = parts;
  let stopWatch: (() => void) | undefined;

  function onConnection(connection: Connection): void {
    if (connection !== snapshots.current.connection) update({ connection });
    if (connection === 'live') forgetUnreachable();
  }

  function forgetUnreachable(): void {
    if (snapshots.current.error?.code === 'unreachable') update({ error: undefined });
  }

  const follower: Follower = {
    get isFollowing() {
      return stopWatch !== undefined;
    },
    follow() {
      if (snapshots.current.status !== 'active') return;
      stopWatch ??= watchFlow({
        ...parts,
        view: () => snapshots.current.view,
        expectViews,
        onConnection,
        onRefusal: (error) => follower.lose(error),
      });
    },
    async receive(answer) {
      const take = expectViews();
      take(await answer);
      follower.follow();
    },
    lose(error) {
      stopWatch?.();
      stopWatch = undefined;
      update({ error, ...QUIET, ...(error.code === 'flow_not_found' && { view: idle() }) });
    },
    stop: () => stopWatch?.(),
    forgetUnreachableOnceOnline(signal) {
      if (follower.isFollowing || !presence.isOffline) return;
      const unsubscribe = presence.subscribe(() => {
        if (presence.isOffline) return;
        unsubscribe();
        forgetUnreachable();
      });
      signal.addEventListener('abort', unsubscribe, { once: true });
    },
  };
  return follower;
}
