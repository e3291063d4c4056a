import type { RemoteStepUp, RemoteStepUpSnapshot } from '../../src/index.ts';

/** Resolves with the first snapshot, from now on, that matches. */
export function until(
  stepUp: RemoteStepUp,
  isWanted: (snapshot: RemoteStepUpSnapshot) => boolean,
): Promise<RemoteStepUpSnapshot> {
  return new Promise((resolve) => {
    const check = (): void => {
      const snapshot = stepUp.getSnapshot();
      if (!isWanted(snapshot)) return;
      subscription.unsubscribe();
      resolve(snapshot);
    };
    const subscription = stepUp.subscribe({ next: check, complete: check });
    check();
  });
}
