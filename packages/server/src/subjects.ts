import type { Authenticator } from '@stepgate/core';
import * as v from 'valibot';
import { digest } from './seal.ts';
import type { Store, StoredRecord } from './store.ts';
import { reachable, updateStored } from './stored-value.ts';

/**
 * What is kept of a subject, over all of its sessions. Guards do not read it unless a policy asks how old an
 * authenticator is: instead, it knows every record that a revocation must delete.
 */
export interface Subjects {
  /**
   * Enters a record that is about to be written, until when it can live, for a requirement of that time; one from
   * before a revocation enters nothing. Answers with when the subject was last revoked, 0 for never.
   */
  enter(
    subject: string,
    entry: { readonly key: string; readonly until: number; readonly issuedAt: number },
  ): Promise<number>;
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
  records: v.array(v.object({ key: v.string(), until: v.number() })),
  /** Absent until a list was seen. */
  knownSince: v.exactOptional(v.record(v.string(), v.number())),
});
type SubjectRecord = v.InferOutput<typeof RecordSchema>;

const EMPTY: SubjectRecord = { format: 1, revokedAt: 0, records: [] };
/** Counts from the last flow; twice the longest age that a policy can ask for. */
const KEEP_MS = 180 * 86_400_000;
/** More browsers and clients at once than a user has; beyond it, the oldest is forgotten, and its approvals with it. */
const MOST_RECORDS = 100;

/** Makes the keeper of subjects. */
export function createSubjects(options: { readonly store: Store; readonly now: () => number }): Subjects {
  const { store, now } = options;
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

  return {
    async enter(subject, { key, until, issuedAt }) {
      let forgotten: readonly string[] = [];
      const { revokedAt } = await update(subject, (record) => {
        if (issuedAt <= record.revokedAt) return record;
        const others = record.records.filter((one) => one.key !== key);
        const living = others.filter((one) => one.until > now());
        const kept = living.slice(Math.max(0, living.length + 1 - MOST_RECORDS));
        forgotten = others.filter((one) => !kept.includes(one)).map((one) => one.key);
        // An approval of before may be good for longer than this flow's.
        const before = record.records.find((one) => one.key === key)?.until ?? 0;
        return { ...record, records: [...kept, { key, until: Math.max(before, until) }] };
      });
      // What a revocation would not find any more must not be there: a flow that was renewed again and again, say.
      await Promise.all(forgotten.map((old) => reachable(store.delete(old))));
      return revokedAt;
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

function recordIn(stored: StoredRecord | undefined): SubjectRecord {
  const parsed = v.safeParse(RecordSchema, stored?.value);
  return parsed.success ? parsed.output : EMPTY;
}
