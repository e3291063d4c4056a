import type { Clock, PlannedPoll, TenantReport } from '@stepgate/core';
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
 * How many requests the tenant gets, from all processes together. What users wait for goes first; polls share what is
 * left by one pace for all flows, which slows down when the tenant complains.
 */
export interface TenantBudget {
  /** When a flow's next poll is due, at the pace of all. */
  pollDueAt(key: string, poll: PlannedPoll): number;
  /** Whether the flow may poll now; it is due later when not. */
  takePoll(key: string): Promise<boolean>;
  /**
   * Resolves when a request that a user waits for may go out; answers with how long to wait before asking again when
   * that takes too long.
   */
  takeTurn(): Promise<number | undefined>;
  /** Hears how the tenant takes it. */
  note(report: TenantReport): void;
}

/** Requests per second; half of what Auth0 allows a tenant of a paid plan, so that logins keep room. */
export const DEFAULT_TENANT_BUDGET = 50;

/** How long a user's request waits for its turn. With the request itself it must fit into an effect's lease. */
const PATIENCE_MS = 2_000;
const RETRY_MS = 100;

/** A user's or a sign-in's own limits are smaller (20 e-mails at once are the largest): such ones are the tenant's. */
const SMALLEST_TENANT_LIMIT = 30;
/** Less than this part left: the tenant's other logins need it. */
const SHORT = 0.25;
const AFTER_REFUSAL = 0.5;
const WHEN_SHORT = 0.75;

/** What a budget is made of. */
export interface TenantBudgetOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: () => number;
  /** Names this process, and no other. */
  readonly process: string;
  /** Whose budget it is. */
  readonly issuer: string;
  readonly perSecond: number;
}

/** Requests that may go out until a time. */
interface Leased {
  readonly count: number;
  readonly until: number;
}

const NOTHING: Leased = { count: 0, until: 0 };

/** A budget without end. */
export const UNLIMITED: TenantBudget = {
  pollDueAt: (_key, { at, until }) => Math.min(at, until),
  takePoll: () => Promise.resolve(true),
  takeTurn: () => Promise.resolve(undefined),
  note: () => {},
};

/** Makes a process's part in the budget; the ledger of all is in the store, and written to only where requests go out. */
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

  /** Changes the ledger of all, and takes in what it says. */
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

  /** Leases up to so many requests. None when the store is away, or slow: a lease is not used late. */
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

  /** One lease for all that wait for it, and for those that come while it lasts. */
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
      // Not all at once again.
      return 1_000 + Math.floor(random() * 2_000);
    },

    note(report) {
      const factor = slowdownBy(report);
      if (factor === undefined || now() - complainedAt < COMPLAINT_EVERY_MS) return;
      complainedAt = now();
      // What could not be written now, the next complaint will say again.
      settle((before) => ({ ledger: throttled(before, factor, now()), result: undefined })).catch(() => {});
    },
  };
}

/** What polls keep of their rate after this answer; `undefined` when it says nothing of the tenant's limit. */
function slowdownBy({ call, status, rateLimit }: TenantReport): number | undefined {
  const isTenants = rateLimit === undefined ? call === 'poll' : rateLimit.limit >= SMALLEST_TENANT_LIMIT;
  if (!isTenants) return undefined;
  if (status === 429) return AFTER_REFUSAL;
  const isShort = rateLimit !== undefined && rateLimit.remaining < rateLimit.limit * SHORT;
  return isShort ? WHEN_SHORT : undefined;
}
