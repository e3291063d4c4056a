import type { Sealer } from '../lib/seal.ts';
import type { Bounds, Capacity } from '../limits/capacity.ts';
import { createLocks, type Locks } from '../store/lock.ts';
import type { Store } from '../store/store.ts';
import { createKeptForms, type KeptForms } from './kept-forms.ts';
import { createRecords, type Records } from './records.ts';
import { createSubjects, type Subjects } from './subjects.ts';

/** Everything that a gate keeps in its store, and the key that seals it. */
export interface State {
  readonly store: Store;
  readonly sealer: Sealer;
  /** Flows and approvals, one record for each browser and login. */
  readonly records: Records;
  /** What is kept of a user across all logins. */
  readonly subjects: Subjects;
  readonly keptForms: KeptForms;
  readonly locks: Locks;
}

/** Opens the state of a gate. */
export function createState(options: {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly now: () => number;
  readonly capacity: Capacity & Bounds;
}): State {
  const { store, sealer, now, capacity } = options;
  const records = createRecords({ store, sealer, now });
  return {
    store,
    sealer,
    records,
    subjects: createSubjects({ store, records, now, capacity }),
    keptForms: createKeptForms({ store, sealer, mostBytes: capacity.recordBytes }),
    locks: createLocks(store, now),
  };
}
