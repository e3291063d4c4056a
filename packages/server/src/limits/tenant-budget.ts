import type { Clock, PlannedPoll, ResponseReport } from '@stepgate/core';
import { digest } from '../lib/seal.ts';
import { updateStored } from '../store/compare-and-set.ts';
import type { Json, Store } from '../store/store.ts';
import { createPollPace } from './poll-pace.ts';
import {
  COMPLAINT_EVERY_MS,
  type Errand,
  LEASE_MS,
  LEDGER_TTL_MS,
  type Ledger,
  lease,
  openLedger,
  outlookOf,
  throttled,
} from './tenant-budget-ledger.ts';

/**
 * Limits the requests to the tenant across all processes. Requests that users wait for go first. Polls share what is
 * left, at one pace for all flows, which slows down when the tenant complains.
 */
export interface TenantBudget {
  /** When a flow's next poll is due, at the common pace. */
  pollDueAt(key: string, poll: PlannedPoll): number;
  /** Whether the flow may poll now; if not, it becomes due later. */
  takePoll(key: string): Promise<boolean>;
  /**
   * Resolves when a request that a user waits for may go out. If that takes too long, resolves to how long to wait before
   * the next try.
   */
  takeTurn(): Promise<number | undefined>;
  /** Call it with every response of the tenant: its complaints slow polls down. */
  note(report: ResponseReport<string>): void;
}

/** Requests per second; half of what Auth0 allows a tenant of a paid plan, so that logins keep room. */
export const DEFAULT_TENANT_BUDGET = 50;

/** How long a user's request waits for its turn. Together with the request it must fit into an effect's lease. */
const PATIENCE_MS = 2_000;
const RETRY_MS = 100;

/** Limits of one user or sign-in are smaller (the largest is 20 e-mails): from here on, a limit is the tenant's. */
const SMALLEST_TENANT_LIMIT = 30;
/** If less than this share is left, the tenant's other logins need it. */
const SHORT = 0.25;
const AFTER_REFUSAL = 0.5;
const WHEN_SHORT = 0.75;

/** What a budget is made of. */
export interface TenantBudgetOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: () => number;
  /** Identifies this process. */
  readonly process: string;
  /** The tenant whose budget it is. */
  readonly issuer: string;
  readonly perSecond: number;
}

/** Requests that may go out, up to a time. */
interface Leased {
  readonly count: number;
  readonly until: number;
}

const NOTHING: Leased = { count: 0, until: 0 };

/** A budget without a limit. */
export const UNLIMITED: TenantBudget = {
  pollDueAt: (_key, { at, until }) => Math.min(at, until),
  takePoll: () => Promise.resolve(true),
  takeTurn: () => Promise.resolve(undefined),
  note: () => {},
};

/** Makes a process's part in the budget. The common ledger is in the store, and is written only when requests go out. */
export function createTenantBudget(options: TenantBudgetOptions): TenantBudget {
  const { store, clock, random, process, perSecond } = options;
  const ledgerKey = `budget:${digest(options.issuer)}`;
  const now = (): number => clock.now();
  const traffic = createPollPace({ perSecond, now });
  let spare = NOTHING;
  const polls: ((isGranted: boolean) => void)[] = [];
  let isLeasingPolls = false;
  const users = new Set<() => void>();
  let isServingUsers = false;
  let complainedAt = 0;

  /** Changes the common ledger, and reads the state of the others from it. */
  async function settle<T>(
    decide: (ledger: Ledger) => { readonly ledger?: Ledger | undefined; readonly result: T },
  ): Promise<T> {
    const { seen, result } = await updateStored(store, ledgerKey, (stored) => {
      const before = openLedger(stored?.value);
      const { ledger, result: decided } = decide(before);
      const write = ledger && { value: ledger as unknown as Json, ttlMs: LEDGER_TTL_MS };
      return { ...(write && { write }), result: { seen: ledger ?? before, result: decided } };
    });
    traffic.look(outlookOf(seen, process, now()));
    return result;
  }

  /** Leases up to so many requests; none if the store is down or slow, because a lease must not be used late. */
  async function leaseUpTo(count: number, errand: Errand): Promise<Leased> {
    const request = { errand, count, perSecond, process, wanted: traffic.wanted() };
    const leased = await settle<Leased>((before) => {
      const at = now();
      const { granted, ledger } = lease(before, { ...request, now: at });
      return { ledger, result: { count: granted, until: at + LEASE_MS } };
    }).catch(() => NOTHING);
    return isGood(leased) ? leased : NOTHING;
  }

  const isGood = ({ count, until }: Leased): boolean => count > 0 && now() < until;

  function takeSpare(): boolean {
    if (!isGood(spare)) return false;
    spare = { ...spare, count: spare.count - 1 };
    return true;
  }

  /** One lease for all that wait for it, and for all that come while it lasts. */
  async function leasePolls(): Promise<void> {
    isLeasingPolls = true;
    while (polls.length > 0) {
      const waiting = polls.splice(0);
      spare = await leaseUpTo(Math.max(waiting.length, traffic.expected(LEASE_MS)), 'poll');
      for (const answer of waiting) answer(takeSpare());
    }
    isLeasingPolls = false;
  }

  /** Serves users in the order in which they came, as long as any wait. */
  async function serveUsers(): Promise<void> {
    isServingUsers = true;
    while (users.size > 0) {
      const { count } = await leaseUpTo(users.size, 'user');
      for (const go of [...users].slice(0, count)) go();
      if (users.size > 0) await new Promise<void>((resolve) => void clock.setTimeout(resolve, RETRY_MS));
    }
    isServingUsers = false;
  }

  /** Whether the user's turn came in time. */
  async function waitForTurn(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const end = (isTurn: boolean): void => {
      users.delete(go);
      resolve(isTurn);
    };
    const go = (): void => end(true);
    const timer = clock.setTimeout(() => end(false), PATIENCE_MS);
    users.add(go);
    if (!isServingUsers) void serveUsers();
    const isTurn = await promise;
    clock.clearTimeout(timer);
    return isTurn;
  }

  return {
    pollDueAt: (key, poll) => traffic.dueAt(key, poll),

    async takePoll(key) {
      if (users.size === 0 && takeSpare()) return true;
      const { promise, resolve } = Promise.withResolvers<boolean>();
      polls.push(resolve);
      if (!isLeasingPolls) void leasePolls();
      const isGranted = await promise;
      if (!isGranted) traffic.postpone(key);
      return isGranted;
    },

    async takeTurn() {
      if (takeSpare() || (await waitForTurn())) return undefined;
      // With jitter, so that they do not all come at once again.
      return 1_000 + Math.floor(random() * 2_000);
    },

    note(report) {
      const factor = slowdownBy(report);
      if (factor === undefined || now() - complainedAt < COMPLAINT_EVERY_MS) return;
      complainedAt = now();
      // A complaint that could not be written is lost; the next one will say the same.
      settle((before) => ({ ledger: throttled(before, factor, now()), result: undefined })).catch(() => {});
    },
  };
}

/** The share of their rate that polls keep after this response; `undefined` if it says nothing about the tenant's limit. */
function slowdownBy({ call, status, rateLimit }: ResponseReport<string>): number | undefined {
  const isTenants = rateLimit === undefined ? call === 'poll' : rateLimit.limit >= SMALLEST_TENANT_LIMIT;
  if (!isTenants) return undefined;
  if (status === 429) return AFTER_REFUSAL;
  const isShort = rateLimit !== undefined && rateLimit.remaining < rateLimit.limit * SHORT;
  return isShort ? WHEN_SHORT : undefined;
}
