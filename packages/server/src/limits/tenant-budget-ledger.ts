/** What a request to the tenant is for: a user waits for its result, or it asks whether a phone has answered. */
export type Errand = 'user' | 'poll';

/**
 * What all processes have recently leased of the tenant's budget, how often each would poll without a limit, and whether
 * the tenant complained. JSON, one ledger for each tenant.
 */
export interface Ledger {
  readonly leased: readonly Slot[];
  /** Polls per second, by process, each valid until its time. */
  readonly wanted: Readonly<Record<string, { readonly perSecond: number; readonly until: number }>>;
  /** How many requests per second users have recently made, as of a time. */
  readonly users: { readonly perSecond: number; readonly at: number };
  /** The share of their rate that polls had at a time: less than 1 after a complaint of the tenant. */
  readonly throttle: { readonly level: number; readonly at: number };
}

/** What was leased within one short time slot; the number identifies the slot. */
interface Slot {
  readonly slot: number;
  readonly users: number;
  readonly polls: number;
}

/** What a process asks of the ledger. */
export interface LeaseRequest {
  readonly errand: Errand;
  readonly count: number;
  /** The whole budget, in requests per second. */
  readonly perSecond: number;
  readonly process: string;
  /** How many polls per second the process would make without a limit. */
  readonly wanted: number;
  readonly now: number;
}

/** What one process uses until it reads the ledger again. */
export interface Outlook extends Pick<Ledger, 'users' | 'throttle'> {
  /** Polls per second that the other processes would make. */
  readonly othersWant: number;
}

/** How long a leased request may take to go out; what is not used by then is lost. */
export const LEASE_MS = 200;
const SLOT_MS = 100;
const SECOND_MS = 1_000;
/** However old its leases are, no second sees more requests than were leased within this time. */
const WINDOW_MS = SECOND_MS + LEASE_MS;

/** The share of the budget that is planned for polls beside users, so that they seldom reach its end. */
const PLANNED = 0.5;
/** The share that is planned for polls if users take more. */
const PLANNED_AT_LEAST = 0.06;
/** The share that polls leave to users, even if many come at once. */
const MOST_FOR_POLLS = 0.75;
/** The share that users leave to polls, without which no approval would ever be seen. */
const LEAST_FOR_POLLS = 0.1;

/** What polls may take even from a tenant that complains: next to nothing for the tenant, and some flow waits for it. */
const HARMLESS = 0.02;

/** How far back "lately" goes. */
const LATELY_MS = 10_000;

/** How long what a process wants stays valid. */
const WANTED_MS = 15_000;
const REPORT_EVERY_MS = 1_000;

/** The share of their rate that polls get back in each second without a complaint. */
const RECOVERY_PER_SECOND = 0.02;
const LOWEST_LEVEL = 1 / 16;
/** Many responses in flight report the same shortage. */
export const COMPLAINT_EVERY_MS = 1_000;

/** How long the ledger is kept after its last write: as long as a full recovery takes. */
export const LEDGER_TTL_MS = SECOND_MS / RECOVERY_PER_SECOND;

const EMPTY: Ledger = {
  leased: [],
  wanted: {},
  users: { perSecond: 0, at: 0 },
  throttle: { level: 1, at: 0 },
};

/** What a process uses before it has read the ledger. */
export const UNSEEN: Outlook = { othersWant: 0, users: EMPTY.users, throttle: EMPTY.throttle };

/** The ledger in a stored value; an empty one if there is none. */
export function openLedger(value: unknown): Ledger {
  const { leased, wanted, users, throttle } = (value ?? {}) as Partial<Ledger>;
  return leased && wanted && users && throttle ? { leased, wanted, users, throttle } : EMPTY;
}

/** Leases as many requests as are left, up to `count`. Returns no ledger if nothing has to be written. */
export function lease(
  before: Ledger,
  request: LeaseRequest,
): { readonly granted: number; readonly ledger?: Ledger } {
  const { errand, count, process, wanted, now } = request;
  const leased = before.leased.filter(({ slot }) => isRecent(slot, now));
  const granted = Math.max(0, Math.min(count, roomFor(leased, before, request)));
  const reported = before.wanted[process]?.until ?? 0;
  if (granted === 0 && reported > now + WANTED_MS - REPORT_EVERY_MS) return { granted };
  const ledger: Ledger = {
    leased: granted === 0 ? leased : entered(leased, errand, granted, Math.floor(now / SLOT_MS)),
    wanted: { ...believed(before, now), [process]: { perSecond: wanted, until: now + WANTED_MS } },
    users: errand === 'user' ? countedUsers(before.users, granted, now) : before.users,
    throttle: before.throttle,
  };
  return { granted, ledger };
}

/** Counts a slot until it no longer matters. Slots of clocks that are far off are ignored. */
function isRecent(slot: number, now: number): boolean {
  const age = now - (slot + 1) * SLOT_MS;
  return age < WINDOW_MS && age > -WINDOW_MS;
}

function roomFor(leased: readonly Slot[], { throttle }: Ledger, request: LeaseRequest): number {
  const { perSecond, errand, now } = request;
  const level = levelOf(throttle, now);
  const users = sum(leased.map((each) => each.users));
  const polls = sum(leased.map((each) => each.polls));
  const left = perSecond - users - polls;
  const leastForPolls = atLeastOne(perSecond * LEAST_FOR_POLLS * level);
  if (errand === 'user') return Math.min(left, atLeastOne(perSecond - leastForPolls) - users);
  const mostForPolls = atLeastOne(perSecond * MOST_FOR_POLLS * level);
  return Math.min(left, Math.max(mostForPolls - users - polls, leastForPolls - polls));
}

function entered(leased: readonly Slot[], errand: Errand, count: number, now: number): readonly Slot[] {
  const { users, polls } = leased.find(({ slot }) => slot === now) ?? { users: 0, polls: 0 };
  const entry = {
    slot: now,
    users: users + (errand === 'user' ? count : 0),
    polls: polls + (errand === 'poll' ? count : 0),
  };
  return [...leased.filter(({ slot }) => slot !== now), entry];
}

/**
 * Slows all polls down by this factor, once for a shortage that many responses report; `undefined` if it is known.
 */
export function throttled(before: Ledger, factor: number, now: number): Ledger | undefined {
  const { throttle } = before;
  const sinceLast = now - throttle.at;
  if (sinceLast >= 0 && sinceLast < COMPLAINT_EVERY_MS) return undefined;
  const level = Math.max(LOWEST_LEVEL, levelOf(throttle, now) * factor);
  return { ...before, throttle: { level, at: now } };
}

/** What the ledger says about the others, for one process. */
export function outlookOf(ledger: Ledger, process: string, now: number): Outlook {
  const others = Object.entries(believed(ledger, now)).filter(([id]) => id !== process);
  const othersWant = sum(others.map(([, { perSecond }]) => perSecond));
  return { othersWant, users: ledger.users, throttle: ledger.throttle };
}

/**
 * The factor by which the time between two polls of a flow grows, if all flows together want so many a second: until they
 * fit into their share of the budget, and more for a while after a complaint of the tenant.
 */
export function stretchOf(options: {
  readonly wanted: number;
  readonly perSecond: number;
  readonly outlook: Pick<Outlook, 'users' | 'throttle'>;
  readonly now: number;
}): number {
  const { wanted, perSecond, outlook, now } = options;
  const toFit = (polls: number): number => Math.max(1, wanted / polls);
  const besideUsers = perSecond * PLANNED - lately(outlook.users, now);
  const planned = Math.max(perSecond * PLANNED_AT_LEAST, besideUsers);
  return Math.min(toFit(planned) / levelOf(outlook.throttle, now), toFit(perSecond * HARMLESS));
}

/** The rate including these requests; earlier ones count less and less. */
function countedUsers(users: Ledger['users'], count: number, now: number): Ledger['users'] {
  return { perSecond: lately(users, now) + (count * SECOND_MS) / LATELY_MS, at: now };
}

function lately({ perSecond, at }: Ledger['users'], now: number): number {
  return perSecond * Math.exp(-Math.max(0, now - at) / LATELY_MS);
}

function levelOf({ level, at }: Ledger['throttle'], now: number): number {
  const seconds = Math.max(0, now - at) / SECOND_MS;
  return Math.min(1, level + seconds * RECOVERY_PER_SECOND);
}

function believed({ wanted }: Ledger, now: number): Ledger['wanted'] {
  return Object.fromEntries(Object.entries(wanted).filter(([, { until }]) => until > now));
}

function atLeastOne(count: number): number {
  return Math.max(1, Math.floor(count));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
