import {
  type Auth0MfaApiOptions,
  type Clock,
  createAuth0MfaApi,
  createAuth0SignIn,
  type MfaApi,
  type PollSchedule,
  type Transport,
} from '@stepgate/core';
import { createEagerPolling, type EagerPolling } from '../limits/eager-polling.ts';
import type { TenantBudget } from '../limits/tenant-budget.ts';
import { type Auth0Settings, realmOf } from './auth0-settings.ts';
import { createFirstLeg, type FirstLeg, type FirstLegOptions } from './first-leg.ts';
import { createIdentityCheck, type IdentityCheck } from './id-token-check.ts';
import { mfaApiAsk } from './mfa-audience.ts';

/** Everything that a gate asks of its tenant. */
export interface Tenant {
  /** Names the tenant and the application; see `realmOf`. */
  readonly realm: string;
  readonly api: MfaApi;
  readonly firstLeg: FirstLeg;
  /** The first leg whose tokens open the MFA API. */
  readonly managementLeg: FirstLeg;
  readonly identityCheck: IdentityCheck;
  /** How many requests all processes together may send. */
  readonly budget: TenantBudget;
  readonly eagerPolling: EagerPolling;
  /** How long one effect may take at most. */
  readonly leaseMs: number;
}

/** What {@link createTenant} needs. */
export interface TenantOptions {
  readonly auth0: Auth0Settings;
  readonly firstLeg: FirstLegOptions<unknown>;
  readonly pollSchedule: PollSchedule;
  /** Replaces the MFA API of Auth0. */
  readonly api: MfaApi | undefined;
  /** Replaces the check of the `id_token`. */
  readonly identityCheck: IdentityCheck | undefined;
  readonly budget: TenantBudget;
  readonly clock: Clock;
  /** Sends the requests to the tenant, in place of `auth0.fetch`. */
  readonly fetch: typeof globalThis.fetch;
  /** Sends all of them but those for the keys, in place of `fetch`. */
  readonly transport: Transport | undefined;
}

type WireOptions = Auth0Settings &
  Required<Pick<Auth0MfaApiOptions, 'now' | 'fetch' | 'timeoutMs' | 'onResponse'>> &
  Pick<Auth0MfaApiOptions, 'transport'>;

const UPSTREAM_TIMEOUT_MS = 10_000;
/** Room for the store's answers around an effect. */
const LEASE_SLACK_MS = 5_000;

/**
 * Connects the gate to its tenant.
 *
 * @throws TypeError naming the option that is wrong.
 */
export function createTenant(options: TenantOptions): Tenant {
  const { auth0, firstLeg, pollSchedule, budget, clock } = options;
  const wire = wireOptions(options);
  const mfaAsk = mfaApiAsk(auth0.issuer, auth0.mfaAudience);

  return {
    realm: realmOf(auth0),
    api: options.api ?? createAuth0MfaApi(wire),
    firstLeg: createFirstLeg(firstLeg, createAuth0SignIn(wire), auth0),
    managementLeg: createFirstLeg(firstLeg, createAuth0SignIn({ ...wire, ...mfaAsk }), {
      ...mfaAsk,
      isForMfaApi: true,
    }),
    identityCheck: options.identityCheck ?? createIdentityCheck(wire),
    budget,
    eagerPolling: createEagerPolling({ pollSchedule, now: () => clock.now() }),
    // The longest effect sends two requests: a first leg, and the keys that will check its answer.
    leaseMs: 2 * wire.timeoutMs + LEASE_SLACK_MS,
  };
}

/** The options of the wire clients: with a time limit, and with every answer reported to the budget. */
function wireOptions({ auth0, budget, clock, fetch, transport }: TenantOptions): WireOptions {
  return {
    ...auth0,
    now: () => clock.now(),
    fetch,
    transport,
    timeoutMs: auth0.timeoutMs ?? UPSTREAM_TIMEOUT_MS,
    onResponse: (report) => budget.note(report),
  };
}
