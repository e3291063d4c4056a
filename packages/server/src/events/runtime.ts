import type { Clock } from '@stepgate/core';
import type { Audit } from './audit.ts';

/** What all parts of a running gate share. */
export interface Runtime {
  readonly clock: Clock;
  readonly audit: Audit;
  /** Takes faults that somebody should look at. Never throws. */
  readonly onError: (error: unknown) => void;
  /** Fires when the gate closes: nobody is kept waiting any longer, and no work begins that another process can do. */
  readonly closing: AbortSignal;
}
