import fc from 'fast-check';
import { damagedJson, everyCase } from 'suites/damage.ts';
import { isRecordKey } from 'suites/record-key.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../src/index.ts';
import { createTestGate, SECRET } from '../support/gate-client.ts';
import { createHostileWorld, HANDLE, type HostileWorld, type Knock } from '../support/hostile-world.ts';

const HEADERS = {
  cookie: `stepgate=${HANDLE}`,
  'sec-fetch-site': 'same-origin',
  'sec-fetch-mode': 'cors',
  'content-type': 'application/json',
};
/** Each case asks everything there is. */
const SHORT_RUN = 80;

let world: HostileWorld;
/** The store while the owner's push waits, and once it was approved. */
let waiting: ReadonlyMap<string, Json>;
let approved: ReadonlyMap<string, Json>;
let adasKey: string;

/** The owner's record, beside those of another user and of another login of hers, each with an approval. */
beforeAll(async () => {
  world = await createHostileWorld();
  const [grace, otherLogin] = world.strangers;
  if (grace) await world.approve(grace, 'grace');
  if (otherLogin) await world.approve(otherLogin);
  const others = new Set(world.store.keys());
  world.tenant.clock.advance(60_000);
  await world.browser.start();
  adasKey = world.store.keys().find((key) => isRecordKey(key) && !others.has(key)) ?? '';
  waiting = world.store.snapshot();
  world.tenant.phone.approve();
  world.tenant.clock.advance(6_000);
  await world.browser.view();
  await world.pass({
    method: 'POST',
    url: '/transfers',
    headers: { ...HEADERS, cookie: '', 'content-type': 'application/x-www-form-urlencoded' },
    body: 'amount=1',
    identity: world.ada,
  });
  approved = world.store.snapshot();
});

/** Everything that a browser asks, one after the other. */
async function expectNoFault(): Promise<void> {
  const ask = (method: string, url: string, extra: Partial<Knock> = {}): Promise<{ status: number }> =>
    world.knock({ method, url, headers: HEADERS, identity: world.ada, ...extra });
  const requirement = await world.clientOf(world.ada, HANDLE, { action: { id: 'close' } }).requirement();
  const answers = [
    await world.pass({ method: 'POST', url: '/transfers', headers: HEADERS, identity: world.ada }),
    await ask('GET', '/step-up', { headers: { ...HEADERS, 'sec-fetch-mode': 'navigate' } }),
    await ask('GET', '/step-up/flow'),
    await ask('POST', '/step-up/flow/events', {
      headers: { ...HEADERS, 'if-match': '"4"' },
      body: '{"type":"challenge.resend"}',
    }),
    await ask('POST', '/step-up/flow', { body: JSON.stringify({ requirement }) }),
    await ask('DELETE', '/step-up/flow'),
  ];
  expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
  expect(world.errors).toEqual([]);
}

describe('a record in the store', () => {
  it('lets its owner through with an approval, unchanged', async () => {
    await world.store.restore(approved);
    expect(await world.browser.isAllowed()).toBe(true);
  });

  it('grants no approval, shows no flow and causes no fault when it was changed or made of parts of others', async () => {
    const others = [...approved, ...waiting].map(([, value]) => value);
    const changed = fc
      .constantFrom(approved, waiting)
      .chain((store) => damagedJson(store.get(adasKey), others))
      .filter((value) => JSON.stringify(value) !== JSON.stringify(approved.get(adasKey)))
      .filter((value) => JSON.stringify(value) !== JSON.stringify(waiting.get(adasKey)));
    await everyCase(
      changed,
      async (value) => {
        await world.store.restore(approved);
        await world.store.put(adasKey, value as Json);

        expect(await world.browser.isAllowed()).toBe(false);
        const flow = await world.knock({
          method: 'GET',
          url: '/step-up/flow',
          headers: HEADERS,
          identity: world.ada,
        });
        expect(flow.status).toBe(404);
        await expectNoFault();
        expect(await world.browser.isAllowed()).toBe(false);
      },
      SHORT_RUN,
    );
  });

  it('counts for nobody in the place of another user or login', async () => {
    for (const [key, value] of approved) {
      if (!isRecordKey(key) || key === adasKey) continue;
      await world.store.restore(approved);
      await world.store.put(adasKey, value);

      expect(await world.browser.isAllowed()).toBe(false);
      await expectNoFault();
    }
  });

  it('counts for nobody in the place of another browser in the same login', async () => {
    await world.store.restore(approved);
    const other = world.clientOf(world.ada, 'b'.repeat(43));
    const keys = new Set(world.store.keys());
    await other.start();
    const [key = ''] = world.store.keys().filter((name) => isRecordKey(name) && !keys.has(name));
    await world.store.put(key, approved.get(adasKey) ?? null);

    expect(await other.isAllowed()).toBe(false);
    expect(await world.browser.isAllowed()).toBe(true);
  });

  it('brings back what it held and no more when an old copy is restored', async () => {
    await world.store.restore(approved);
    await world.store.put(adasKey, waiting.get(adasKey) ?? null);

    expect(await world.browser.isAllowed()).toBe(false);
    await expectNoFault();
    expect(await world.browser.isAllowed()).toBe(false);
  });

  it('counts for nothing when it was signed with a removed key', async () => {
    await world.store.restore(approved);
    const gate = createTestGate(world.tenant, { store: world.store, secret: `${SECRET}, the next one` });
    expect(await world.browser.at(gate).isAllowed()).toBe(false);
  });
});

it('no other value in the store grants an approval or causes a fault', async () => {
  const others = [...approved].map(([, value]) => value);
  const keys = [...approved.keys()].filter((key) => !isRecordKey(key));
  const changed = fc
    .constantFrom(...keys)
    .chain((key) => damagedJson(approved.get(key), others).map((value) => [key, value] as const));
  expect(keys.length).toBeGreaterThan(4);
  await everyCase(
    changed,
    async ([key, value]) => {
      await world.store.restore(waiting);
      await world.store.put(key, value as Json);

      expect(await world.browser.isAllowed()).toBe(false);
      await expectNoFault();
      expect(await world.browser.isAllowed()).toBe(false);
    },
    SHORT_RUN,
  );
});
