import type { Clock } from '@stepgate/core';
import type { Store } from './store.ts';

/** One change of a record that is waited for. */
export interface RecordChange {
  /** Resolves when the record has changed, at that time at the latest, or when the signal aborts. */
  until(at: number, clock: Clock, signal: AbortSignal): Promise<void>;
  stop(): void;
}

/** Hears of one change of a record, from now on. A store that cannot call is heard of by the time alone. */
export function listenFor(store: Store, key: string): RecordChange {
  let wake: () => void = () => {};
  const changed = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const unsubscribe = store.subscribe?.(key, wake);
  return {
    async until(at, clock, signal) {
      const timer = clock.setTimeout(wake, Math.min(2 ** 31 - 1, Math.max(0, at - clock.now())));
      signal.addEventListener('abort', wake, { once: true });
      if (signal.aborted) wake();
      await changed;
      signal.removeEventListener('abort', wake);
      clock.clearTimeout(timer);
    },
    stop: () => unsubscribe?.(),
  };
}
