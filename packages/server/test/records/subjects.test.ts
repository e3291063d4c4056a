import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createMemoryStore, DEFAULT_CAPACITY, type Store } from '../../src/index.ts';
import { createSealer } from '../../src/lib/seal.ts';
import { createRecords } from '../../src/records/records.ts';
import { createSubjects, type Subjects } from '../../src/records/subjects.ts';
import { SECRET } from '../support/gate-client.ts';

const PHONE = { id: 'push|dev_1', factor: 'push', active: true } as const;
const OTHER = { id: 'push|dev_2', factor: 'push', active: true } as const;
const learning = { learns: true };
/** A place of a flow that has ended long ago. */
const FLOW = { session: 's', since: 0, until: 0 };

function subjectsIn(store: Store, now: () => number): Subjects {
  return createSubjects({
    store,
    records: createRecords({ store, now, sealer: createSealer(SECRET, randomBytes) }),
    now,
    capacity: DEFAULT_CAPACITY,
  });
}

function open(): { readonly subjects: Subjects; readonly at: (time: number) => Subjects } {
  let now = 1_000;
  const store = createMemoryStore({ now: () => now });
  const subjects = subjectsIn(store, () => now);
  return {
    subjects,
    at(time) {
      now = time;
      return subjects;
    },
  };
}

describe('createSubjects', () => {
  it('counts what the first list shows as old, and dates later ones by their first sight', async () => {
    const { subjects, at } = open();
    await subjects.recognise('ada', [PHONE], learning);
    await at(2_000).recognise('ada', [PHONE, OTHER], learning);

    const listed = await at(3_000).recognise('ada', [OTHER, PHONE], learning);
    const knownSince = await subjects.knownSince('ada');

    expect(listed).toEqual([
      { ...OTHER, knownSince: 2_000 },
      { ...PHONE, knownSince: 0 },
    ]);
    expect([PHONE, OTHER, { id: 'constructor' }].map(({ id }) => knownSince(id))).toEqual([
      0,
      2_000,
      undefined,
    ]);
  });

  it('dates the first device of a user who had none before', async () => {
    const { subjects, at } = open();
    await subjects.recognise('ada', [], learning);

    expect(await at(2_000).recognise('ada', [PHONE], learning)).toEqual([{ ...PHONE, knownSince: 2_000 }]);
  });

  it('dates a device from its confirmation, and again when it was gone meanwhile', async () => {
    const { subjects, at } = open();
    await subjects.recognise('ada', [{ ...PHONE, active: false }], learning);
    expect(await at(2_000).recognise('ada', [PHONE], learning)).toMatchObject([{ knownSince: 2_000 }]);
    await at(3_000).recognise('ada', [OTHER], learning);

    expect(await at(4_000).recognise('ada', [PHONE], learning)).toMatchObject([{ knownSince: 4_000 }]);
  });

  it('learns nothing from a list that somebody only claims', async () => {
    const { subjects, at } = open();
    await subjects.recognise('ada', [PHONE], learning);

    const listed = await at(2_000).recognise('ada', [OTHER], { learns: false });

    expect(listed).toEqual([OTHER]);
    expect((await subjects.knownSince('ada'))(PHONE.id)).toBe(0);
  });

  it('lists the records of a subject that a revocation must delete, while they can live', async () => {
    const { subjects, at } = open();
    expect(await subjects.enter('ada', { key: 'first', until: 2_000, issuedAt: 9_000, flow: FLOW })).toBe(0);
    await subjects.enter('ada', { key: 'second', until: 1_500, issuedAt: 9_000, flow: FLOW });
    await subjects.enter('ada', { key: 'second', until: 5_000, issuedAt: 9_000, flow: FLOW });
    await subjects.enter('ada', { key: 'second', until: 1_500, issuedAt: 9_000, flow: FLOW });
    await subjects.enter('grace', { key: 'hers', until: 5_000, issuedAt: 9_000, flow: FLOW });

    expect(await at(2_000).enter('ada', { key: 'third', until: 5_000, issuedAt: 9_000, flow: FLOW })).toBe(0);
    expect(await subjects.revoke('ada')).toEqual(['second', 'third']);
    expect(await at(2_500).enter('ada', { key: 'fourth', until: 5_000, issuedAt: 9_000, flow: FLOW })).toBe(
      2_000,
    );
    expect(await subjects.revokedAt('grace')).toBe(0);
  });

  it('drops records that have outlived their time', async () => {
    let now = 1_000;
    const store = createMemoryStore({ now: () => now });
    const subjects = subjectsIn(store, () => now);
    await subjects.enter('ada', { key: 'first', until: 2_000, issuedAt: 9_000, flow: FLOW });
    await store.write('first', 'a flow renewed again and again', { ifVersion: 0, ttlMs: 10_000 });

    now = 2_000;
    await subjects.enter('ada', { key: 'second', until: 5_000, issuedAt: 9_000, flow: FLOW });

    expect(await store.read('first')).toBeUndefined();
    expect(await subjects.revoke('ada')).toEqual(['second']);
  });

  it('never forgets a record that may hold an approval: the oldest of too many is deleted', async () => {
    const now = (): number => 1_000;
    const store = createMemoryStore({ now });
    const subjects = subjectsIn(store, now);
    await store.write('record 0', 'approved', { ifVersion: 0, ttlMs: 10_000 });

    for (let i = 0; i <= 100; i += 1)
      await subjects.enter('ada', { key: `record ${i}`, until: 9_000, issuedAt: 9_000, flow: FLOW });

    expect(await store.read('record 0')).toBeUndefined();
    expect(await subjects.revoke('ada')).toHaveLength(100);
  });

  it('enters nothing for a requirement from before a revocation, and so displaces nothing', async () => {
    const { subjects, at } = open();
    await at(2_000).revoke('ada');
    await at(3_000).enter('ada', { key: 'hers', until: 9_000, issuedAt: 2_500, flow: FLOW });
    for (let i = 0; i <= 100; i += 1) {
      expect(
        await subjects.enter('ada', { key: `old ${i}`, until: 9_000, issuedAt: 2_000, flow: FLOW }),
      ).toBe(2_000);
    }
    expect(await subjects.revoke('ada')).toEqual(['hers']);
  });
});
