import type { Clock, FLOW_DEFAULTS } from '@stepgate/core';
import type { Bounds } from '../limits/capacity.ts';

/** What tests can replace in a gate: its time and its randomness. `createTestKit` fills it in, and gives a provider. */
export interface TestingOptions {
  /** The gate's time and its timers. Default: the store's time, else the system's. */
  readonly clock?: Clock;
  /** The source of secrets, handles and ids. */
  readonly randomBytes?: (size: number) => Uint8Array;
  /** From 0 up to, but not including, 1: the jitter of polls. */
  readonly random?: () => number;
  /** Waiting times in milliseconds; see core's `FLOW_DEFAULTS`. `requirementTtlMs`: how long a refusal can start a flow. */
  readonly timing?: Timing;
  /** Bounds that no app needs to set. */
  readonly bounds?: Partial<Bounds>;
}

/** Waiting times in milliseconds. */
export type Timing = { readonly [Name in keyof typeof FLOW_DEFAULTS | 'requirementTtlMs']?: number };
