import { randomBytes } from 'node:crypto';
import { isRecordKey } from 'suites/record-key.ts';
import { createTestTenant, POLL_MS, type TestTenant } from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import { createFormTokens } from '../../src/endpoints/page/page-form.ts';
import { type Approval, createMemoryStore, type Policy, type StepUp, type Store } from '../../src/index.ts';
import { createSealer } from '../../src/lib/seal.ts';
import type { HandleRecord } from '../../src/records/handle-record.ts';
import { createKeptForms, type KeptForm } from '../../src/records/kept-forms.ts';
import { mustFit } from '../../src/records/record-size.ts';
import type { Owner } from '../../src/request/handle-cookie.ts';
import {
  createGateClient,
  createTestGate,
  type GateAnswer,
  type GateClient,
  SECRET,
} from '../support/gate-client.ts';

/** The smallest there may be. */
const RECORD_BYTES = 16_384;

interface Scene {
  readonly tenant: TestTenant;
  /** A browser whose approvals keep their tokens, each for an action of its own. */
  readonly client: (action: string) => GateClient;
  /** The size of the browser's record. */
  readonly size: () => number;
}

async function createScene(): Promise<Scene> {
  const tenant = createTestTenant();
  await tenant.enrolPush();
  const refreshToken = await tenant.signIn();
  const store = createMemoryStore({ now: () => tenant.clock.now() });
  let size = 0;
  const gate = createTestGate(tenant, {
    testing: { bounds: { recordBytes: RECORD_BYTES } },
    firstLeg: { refreshToken: () => refreshToken },
    limits: { starts: false, pushes: false, messages: false },
    store: {
      ...store,
      write(key, value, options) {
        if (isRecordKey(key)) size = JSON.stringify(value).length;
        return store.write(key, value, options);
      },
    },
  });
  const identity = { subject: tenant.ada.subject, sessionId: 's' };
  return {
    tenant,
    size: () => size,
    client(action) {
      const policy: Policy = { action: { id: action }, keepTokens: true, maxAge: '1h' };
      return createGateClient({ gate, identity, policy });
    },
  };
}

async function start(by: GateClient): Promise<GateAnswer> {
  const requirement = await by.requirement();
  return by.send('POST', '/step-up/flow', { body: { requirement } });
}

async function approve({ tenant }: Scene, by: GateClient): Promise<void> {
  tenant.phone.approve();
  tenant.clock.advance(POLL_MS);
  expect(await by.view()).toMatchObject({ state: 'approved' });
  // The next push is a minute later.
  tenant.clock.advance(60_000);
}

async function tokensOf(by: GateClient): Promise<ReturnType<StepUp['tokens']>> {
  const decision = await by.decide();
  return decision.isAllowed ? decision.stepUp?.tokens() : undefined;
}

/** Approves until there is no room for one more flow; the actions that were approved, and the refusal. */
async function fill(
  scene: Scene,
): Promise<{ readonly approved: readonly string[]; readonly refused: GateAnswer }> {
  const approved: string[] = [];
  for (;;) {
    const action = `action ${approved.length}`;
    const answer = await start(scene.client(action));
    if (answer.status !== 201) return { approved, refused: answer };
    await approve(scene, scene.client(action));
    approved.push(action);
  }
}

const NOW = 1_000;

function recordOf(approvals: readonly Partial<Approval>[]): HandleRecord {
  return { subject: 'ada', session: 's', approvals: approvals as readonly Approval[] };
}

const form = (letters: number): KeptForm => ({
  url: '/transfers',
  enctype: 'application/x-www-form-urlencoded',
  fields: [['note', 'x'.repeat(letters)]],
});
const owner = (key: string): Owner => ({ key, caller: { subject: 'ada', session: 'the login' } });

describe('a full record', () => {
  it('refuses what a user wants written beside a flow, until the first part of it ends', () => {
    const full = recordOf([
      { keepUntil: 9_000 },
      { keepUntil: 8_000, tokensUntil: 3_000 },
      { keepUntil: 500 },
    ]);
    const { length } = JSON.stringify(full);

    expect(() => mustFit(full, length, NOW)).not.toThrow();
    expect(() => mustFit(full, length - 1, NOW)).toThrow(
      expect.objectContaining({ code: 'record_full', status: 429, retryAfterMs: 2_000 }),
    );
    expect(() => mustFit(recordOf([]), 1, NOW)).toThrow(expect.objectContaining({ retryAfterMs: 60_000 }));
  });

  it('keeps no form that would be larger', async () => {
    const keptForms = createKeptForms({
      store: createMemoryStore(),
      sealer: createSealer(SECRET, randomBytes),
      mostBytes: 1_000,
    });
    expect(await keptForms.put(owner('key'), form(1_000))).toBeUndefined();
    const name = await keptForms.put(owner('key'), form(100));
    expect(await keptForms.find(owner('key'), name ?? '')).toEqual(form(100));
  });

  it('keeps a session from filling the store with forms, through a new handle for each', async () => {
    const places = new Set<string>();
    const memory = createMemoryStore();
    const store: Store = {
      ...memory,
      write: (key, ...rest) => {
        places.add(key);
        return memory.write(key, ...rest);
      },
    };
    const keptForms = createKeptForms({ store, sealer: createSealer(SECRET, randomBytes), mostBytes: 1_000 });

    for (const key of ['one', 'two']) await keptForms.put(owner(key), form(100));
    const name = (await keptForms.put(owner('three'), form(100))) ?? '';
    await keptForms.use(owner('one'), form(100).url);

    expect(places.size).toBe(1);
    expect(await keptForms.find(owner('three'), name)).toEqual(form(100));
    expect(await keptForms.find(owner('one'), name)).toBeUndefined();
  });

  it('does not accept a token of the page in place of a form', async () => {
    const store = createMemoryStore();
    const sealer = createSealer(SECRET, randomBytes);
    const keptForms = createKeptForms({ store, sealer, mostBytes: 1_000 });
    const value = { name: 'form', target: 'there', sealed: createFormTokens(sealer).issue('key') };

    await store.write('form:the login', value, { ifVersion: 0, ttlMs: 60_000 });

    expect(await keptForms.find(owner('key'), 'form')).toBeUndefined();
  });

  it('accepts no other flow, says when something in it ends, and keeps what it has', async () => {
    const scene = await createScene();

    const { approved, refused } = await fill(scene);

    expect(refused.status).toBe(429);
    expect(refused.body).toMatchObject({
      error: 'record_full',
      error_description: expect.stringContaining('Wait until one of them expires'),
    });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(60);
    expect(approved.length).toBeGreaterThan(1);
    for (const action of approved) expect(await tokensOf(scene.client(action))).toBeDefined();
    // Beyond what a start may fill: the approvals of flows that ran were written all the same.
    expect(scene.size()).toBeGreaterThan(0.75 * RECORD_BYTES);

    scene.tenant.clock.advance(Number(refused.headers.get('retry-after')) * 1_000);
    expect((await start(scene.client('one more'))).status).toBe(201);
  });
});
