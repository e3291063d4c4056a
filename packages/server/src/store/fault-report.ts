import { shielded } from '../lib/shielded.ts';

/**
 * What a store was doing when it failed. Writes may fail for a long time while reads work, on a full disk for
 * example.
 */
export type StoreWork = 'read' | 'write' | 'watch';

/** Reports the faults of a store. Each fault is reported once until it is over. */
export interface FaultReport {
  /** Without `work`: a fault of the connection, which ends as soon as anything works. */
  readonly report: (error: unknown, work?: StoreWork) => void;
  /** This kind of work succeeds again. Its next fault is reported, even if it was reported before. */
  readonly isOver: (work: StoreWork) => void;
  /** Stops reporting: what breaks off because the store closes is not a fault. */
  readonly close: () => void;
}

/**
 * Makes a report, so that an outage does not log one line per request. Faults are found in timers too, where an `onError`
 * that throws would end the process.
 */
export function createFaultReport(onError: (error: unknown) => void): FaultReport {
  const tell = shielded(onError);
  const reported = new Map<string, StoreWork | undefined>();
  let isClosed = false;
  return {
    report(error, work) {
      const text = String(error);
      if (isClosed || reported.has(text)) return;
      reported.set(text, work);
      tell(error);
    },
    isOver(work) {
      for (const [text, other] of reported) {
        if (other === undefined || other === work) reported.delete(text);
      }
    },
    close() {
      isClosed = true;
    },
  };
}
