import type { Authenticator } from '@stepgate/core';
import * as v from 'valibot';
import { digest } from '../lib/seal.ts';
import type { Capacity } from '../limits/capacity.ts';
import type { Login } from '../request/caller.ts';
import { reachable, updateStored } from '../store/compare-and-set.ts';
import type { Store, StoredRecord } from '../store/store.ts';
import { type FlowSlot, inTheWay, isVacant, tooManyFlows } from './flow-slots.ts';
import type { Records } from './records.ts';

/** A record that belongs to a subject. */
export interface Entry {
  readonly key: string;
  /** How long it can live, with its approvals. */
  readonly until: number;
  /** The slot of its flow. */
  readonly flow: FlowSlot;
}

/**
 * What is kept of a subject across all sessions. Guards do not read it unless a policy asks for the age of an
 * authenticator. It lists every record that a revocation must delete.
 */
export interface Subjects {
  /**
   * Lists a record that is about to be written, until the end of its life. A requirement from before a revocation
   * lists nothing. Resolves to when the subject was last revoked, 0 for never.
   *
   * @throws StepUpError `too_many_flows` (429) when the session or the subject has no free slot.
   */
  enter(subject: string, entry: Entry & { readonly issuedAt: number }): Promise<number>;
  /** The keys of the records whose flow a session runs. */
  keysOf(login: Login): Promise<readonly string[]>;
  /** When the subject was last revoked, 0 for never. */
  revokedAt(subject: string): Promise<number>;
  /** Revokes the subject as of now. Resolves to the keys of the records to delete. */
  revoke(subject: string): Promise<readonly string[]>;
  /**
   * The listed authenticators, each with the time since when it is known. `learns`: whether new ones count as known
   * from now on; leave it off for a list that somebody only claims.
   */
  recognise(
    subject: string,
    listed: readonly Authenticator[],
    options: { readonly learns: boolean },
  ): Promise<readonly Authenticator[]>;
  /** Since when an authenticator is known, in milliseconds since the epoch. */
  knownSince(subject: string): Promise<(authenticatorId: string) => number | undefined>;
}

const RecordSchema = v.object({
  format: v.literal(1),
  revokedAt: v.number(),
  records: v.array(
    v.object({
      key: v.string(),
      until: v.number(),
      flow: v.exactOptional(v.object({ session: v.string(), since: v.number(), until: v.number() })),
    }),
  ),
  /** Absent until a list was seen. */
  knownSince: v.exactOptional(v.record(v.string(), v.number())),
});
type SubjectRecord = v.InferOutput<typeof RecordSchema>;

/** A slot, and the key of the record that holds its flow. */
type OccupiedPlace = FlowSlot & { readonly key: string };

const EMPTY: SubjectRecord = { format: 1, revokedAt: 0, records: [] };
/** Counts from the last flow. Twice the longest age that a policy can ask for. */
const KEEP_MS = 180 * 86_400_000;
/** More browsers and clients than a user has at once. Beyond it, the oldest record and its approvals are dropped. */
const MOST_RECORDS = 100;

/** Creates the records of subjects. */
export function createSubjects(options: {
  readonly store: Store;
  readonly records: Pick<Records, 'read'>;
  readonly now: () => number;
  readonly capacity: Pick<Capacity, 'flowsPerSession' | 'flowsPerSubject'>;
}): Subjects {
  const { store, records, now, capacity } = options;
  const mostRecords = Math.max(MOST_RECORDS, capacity.flowsPerSubject);
  const keyOf = (subject: string): string => `subject:${digest(subject)}`;

  async function read(subject: string): Promise<SubjectRecord> {
    return recordIn(await reachable(store.read(keyOf(subject))));
  }

  /** Writes what `change` returns, unless it is the same record. */
  function update(subject: string, change: (record: SubjectRecord) => SubjectRecord): Promise<SubjectRecord> {
    return updateStored(store, keyOf(subject), (stored) => {
      const record = recordIn(stored);
      const result = change(record);
      if (result === record) return { result };
      return { write: { value: { ...result }, ttlMs: KEEP_MS }, result };
    });
  }

  /** Lists the record if there is a slot for its flow. `vacant`: slots known to be free again. */
  async function enterBeside(
    vacant: readonly OccupiedPlace[],
    subject: string,
    { key, until, issuedAt, flow }: Parameters<Subjects['enter']>[1],
  ): Promise<{ readonly revokedAt: number; readonly inTheWay: readonly OccupiedPlace[] }> {
    let forgotten: readonly string[] = [];
    let occupied: readonly OccupiedPlace[] = [];
    const { revokedAt } = await update(subject, (record) => {
      forgotten = [];
      occupied = [];
      if (issuedAt <= record.revokedAt) return record;
      const others = record.records.filter((one) => one.key !== key);
      const living = others
        .filter((one) => one.until > now())
        .map((one) => (isPlaceOf(one, vacant) ? { key: one.key, until: one.until } : one));
      occupied = inTheWay(living.flatMap(placesOf), flow.session, capacity);
      if (occupied.length > 0) return record;
      const kept = living.slice(Math.max(0, living.length + 1 - mostRecords));
      const keys = new Set(kept.map((one) => one.key));
      forgotten = others.map((one) => one.key).filter((old) => !keys.has(old));
      // An earlier approval may live longer than this flow's.
      const before = record.records.find((one) => one.key === key)?.until ?? 0;
      return { ...record, records: [...kept, { key, until: Math.max(before, until), flow }] };
    });
    // A revocation would no longer find these records, so they must go.
    await Promise.all(forgotten.map((old) => reachable(store.delete(old))));
    return { revokedAt, inTheWay: occupied };
  }

  function placesOf({ key, flow }: SubjectRecord['records'][number]): readonly OccupiedPlace[] {
    return flow !== undefined && flow.until > now() ? [{ ...flow, key }] : [];
  }

  /** Ending flows do not free their slot here, so check the ones that are in the way. */
  async function vacantAmong(places: readonly OccupiedPlace[]): Promise<readonly OccupiedPlace[]> {
    const asked = places.map(async (place) => {
      const { record } = await records.read(place.key);
      return isVacant(place, record, now()) ? [place] : [];
    });
    return (await Promise.all(asked)).flat();
  }

  return {
    async enter(subject, entry) {
      const first = await enterBeside([], subject, entry);
      if (first.inTheWay.length === 0) return first.revokedAt;
      const second = await enterBeside(await vacantAmong(first.inTheWay), subject, entry);
      if (second.inTheWay.length === 0) return second.revokedAt;
      throw tooManyFlows(second.inTheWay, now());
    },

    async keysOf({ subject, session }) {
      const { records: listed } = await read(subject);
      return listed.filter(({ flow }) => flow?.session === session).map(({ key }) => key);
    },

    async revokedAt(subject) {
      return (await read(subject)).revokedAt;
    },

    async revoke(subject) {
      const { records } = await update(subject, (record) => ({ ...record, revokedAt: now() }));
      return records.map(({ key }) => key);
    },

    async recognise(subject, listed, { learns }) {
      const active = listed.filter((one) => one.active);
      const withTimes = (known: Readonly<Record<string, number>> = {}): readonly Authenticator[] =>
        listed.map((one) => {
          const since = Object.hasOwn(known, one.id) ? known[one.id] : undefined;
          return since === undefined ? one : { ...one, knownSince: since };
        });
      if (!learns) return withTimes((await read(subject)).knownSince);
      const { knownSince } = await update(subject, (record) => {
        const before = record.knownSince;
        const isSame =
          before !== undefined &&
          Object.keys(before).length === active.length &&
          active.every(({ id }) => Object.hasOwn(before, id));
        if (isSame) return record;
        // Authenticators in the first list are older than anything this store knows.
        const firstSeen = before === undefined ? 0 : now();
        const times = new Map(Object.entries(before ?? {}));
        const entries = active.map(({ id }) => [id, times.get(id) ?? firstSeen] as const);
        return { ...record, knownSince: Object.fromEntries(entries) };
      });
      return withTimes(knownSince);
    },

    async knownSince(subject) {
      const { knownSince = {} } = await read(subject);
      return (id) => (Object.hasOwn(knownSince, id) ? knownSince[id] : undefined);
    },
  };
}

function isPlaceOf(
  { key, flow }: SubjectRecord['records'][number],
  places: readonly OccupiedPlace[],
): boolean {
  return places.some(
    (place) => place.key === key && place.since === flow?.since && place.until === flow.until,
  );
}

function recordIn(stored: StoredRecord | undefined): SubjectRecord {
  const parsed = v.safeParse(RecordSchema, stored?.value);
  return parsed.success ? parsed.output : EMPTY;
}
