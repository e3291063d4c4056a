import type { Clock, Effect, PollSchedule, WayName } from '@stepgate/core';
import { createEagerPolling, type EagerPolling } from '../limits/eager-polling.ts';
import type { TenantBudget } from '../limits/tenant-budget.ts';
import type { Store } from '../store/store.ts';
import { createFirstLeg, type FirstLeg, type FirstLegOptions } from './first-leg.ts';
import type { ConnectedProvider, Provider, ProviderHost } from './provider.ts';

/** A gate's connection to its provider. */
export interface Connection extends ConnectedProvider {
  /** The first leg for approvals. */
  readonly firstLeg: FirstLeg;
  /** The first leg whose tokens open the management of authenticators. */
  readonly managementLeg: FirstLeg;
  /** How many requests all processes together may send. */
  readonly budget: TenantBudget;
  readonly eagerPolling: EagerPolling;
  /** How long an effect may take, and how much of that a poll. */
  readonly timesOf: (
    effect: Effect,
    way: WayName,
  ) => { readonly leaseMs: number; readonly pollTimeMs: number };
}

/** What {@link connect} needs. */
export interface ConnectionOptions {
  readonly provider: Provider;
  readonly firstLeg: FirstLegOptions<unknown>;
  readonly pollSchedule: PollSchedule;
  readonly budget: TenantBudget;
  /** Shared by all gates of the provider. */
  readonly store: Store;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
  readonly sendersFor: ProviderHost['sendersFor'];
}

/** Room for the store's answers around an effect. */
const LEASE_SLACK_MS = 5_000;
/** Room for the commit of what a poll has brought. */
const SETTLING_MS = 2_000;

/**
 * Connects the gate to its provider.
 *
 * @throws TypeError naming the option that is wrong.
 */
export function connect(options: ConnectionOptions): Connection {
  const { provider, firstLeg, pollSchedule, budget, store, clock, onError, sendersFor } = options;
  const now = (): number => clock.now();
  const connected = provider.connect({ now, sendersFor, onResponse: (report) => budget.note(report) });
  const { signIn, management, timeoutMs } = connected;
  return {
    ...connected,
    firstLeg: createFirstLeg(firstLeg, signIn),
    managementLeg: createFirstLeg(firstLeg, management?.signIn, management),
    budget,
    eagerPolling: createEagerPolling({ pollSchedule, store, issuer: provider.issuer, now, onError }),
    // The longest effect sends two requests: a first leg, and the keys that will check its answer.
    timesOf({ type }, name) {
      const way = connected.ways.find((one) => one.name === name);
      const pollMs = type === 'poll' ? Math.max(timeoutMs, way?.can.longestPollMs ?? 0) : timeoutMs;
      return { leaseMs: timeoutMs + pollMs + LEASE_SLACK_MS, pollTimeMs: pollMs + SETTLING_MS };
    },
  };
}
