import type { Authenticator } from '@stepgate/core';
import * as v from 'valibot';
import { digest } from '../lib/seal.ts';
import type { Capacity } from '../limits/capacity.ts';
import { reachable, updateStored } from '../store/compare-and-set.ts';
import type { Store, StoredRecord } from '../store/store.ts';
import { type FlowSlot, inTheWay, isVacant, tooManyFlows } from './flow-slots.ts';
import type { Records } from './records.ts';

/** A record of a subject's. */
export interface Entry {
  readonly key: string;
  /** How long it can live, with its approvals. */
  readonly until: number;
  /** The place of its flow. */
  readonly flow: FlowSlot;
}

/**
 * What is kept of a subject, over all of its sessions. Guards do not read it unless a policy asks how old an
 * authenticator is: instead, it knows every record that a revocation must delete.
 */
export interface Subjects {
  /**
   * Enters a record that is about to be written, until when it can live, for a requirement of that time; one from
   * before a revocation enters nothing. Answers with when the subject was last revoked, 0 for never.
   *
   * @throws StepUpError `too_many_flows` (429) when the session, or the subject, has no place for one more.
   */
  enter(subject: string, entry: Entry & { readonly issuedAt: number }): Promise<number>;
  /** When the subject was last revoked, 0 for never. */
  revokedAt(subject: string): Promise<number>;
  /** Revokes the subject as of now. Answers with the keys of the records that must go. */
  revoke(subject: string): Promise<readonly string[]>;
  /**
   * The listed authenticators with the time since when they are known. `learns`: whether new ones are known from now
   * on; without it the list is somebody's claim.
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

/** A place, and the record that its flow is in. */
type OccupiedPlace = FlowSlot & { readonly key: string };

const EMPTY: SubjectRecord = { format: 1, revokedAt: 0, records: [] };
/** Counts from the last flow; twice the longest age that a policy can ask for. */
const KEEP_MS = 180 * 86_400_000;
/** More browsers and clients at once than a user has; beyond it, the oldest is forgotten, and its approvals with it. */
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

  /** Writes what `change` makes of the record, unless it gives the same back. */
  function update(subject: string, change: (record: SubjectRecord) => SubjectRecord): Promise<SubjectRecord> {
    return updateStored(store, keyOf(subject), (stored) => {
      const record = recordIn(stored);
      const result = change(record);
      if (result === record) return { result };
      return { write: { value: { ...result }, ttlMs: KEEP_MS }, result };
    });
  }

  /** Enters the record where there is a place for its flow. `vacant`: places that are known to be free again. */
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
      // An approval of before may be good for longer than this flow's.
      const before = record.records.find((one) => one.key === key)?.until ?? 0;
      return { ...record, records: [...kept, { key, until: Math.max(before, until), flow }] };
    });
    // What a revocation would not find any more must not be there: a flow that was renewed again and again, say.
    await Promise.all(forgotten.map((old) => reachable(store.delete(old))));
    return { revokedAt, inTheWay: occupied };
  }

  function placesOf({ key, flow }: SubjectRecord['records'][number]): readonly OccupiedPlace[] {
    return flow !== undefined && flow.until > now() ? [{ ...flow, key }] : [];
  }

  /** A flow that ends says nothing here: those that are in the way are asked. */
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
        // Those of the first list are older than anything this store knows.
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
