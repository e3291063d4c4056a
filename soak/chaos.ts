import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '@stepgate/emulator';
import type { Gates } from './gates.ts';
import type { Dice } from './random.ts';
import type { SoakedStore } from './stores.ts';
import type { Tenant } from './tenant.ts';

/** How often each kind of failure was caused. */
export type Blows = Readonly<Record<string, number>>;

/** The failures of a run. */
export interface Chaos {
  /** Ends the failures with everything running again, and returns how often each kind was caused. */
  stop(): Promise<Blows>;
}

/** How long the gates wait for the tenant. It makes their lease, after which another process takes over, 11 s. */
export const TIMEOUT_MS = 3_000;

const HTML = '<!doctype html><title>Service unavailable</title><p>We will be right back.</p>';
const page = (status: number): Fault => ({
  respond: { status, headers: { 'content-type': 'text/html' }, body: HTML },
});

/** The ways in which the tenant fails, with their relative frequency. */
const TENANT_FAULTS: Readonly<Record<string, { readonly weight: number; readonly fault: Fault }>> = {
  'dropped before the tenant acted': { weight: 3, fault: { drop: 'before' } },
  'dropped after it': { weight: 3, fault: { drop: 'after' } },
  '500 as JSON': { weight: 2, fault: { respond: { status: 500, body: { error: 'server_error' } } } },
  '503 as HTML': { weight: 2, fault: page(503) },
  '200 as HTML': { weight: 1, fault: page(200) },
  '429 of a single sign-in': {
    weight: 2,
    fault: {
      respond: {
        status: 429,
        headers: { 'retry-after': '2', 'x-ratelimit-limit': '12', 'x-ratelimit-remaining': '0' },
        body: { error: 'too_many_requests' },
      },
    },
  },
  'slow, but in time': { weight: 2, fault: { delayMs: TIMEOUT_MS / 2 } },
  'slower than the timeout': { weight: 2, fault: { delayMs: 1.2 * TIMEOUT_MS } },
};

/** The share of requests to the tenant that fail. */
const FAILING = 0.12;

/** Causes failures at random until it is stopped. The pauses between them grow with `calm`. */
export function startChaos(options: {
  readonly tenant: Tenant;
  readonly store: SoakedStore;
  readonly gates: Gates;
  readonly processes: number;
  readonly dice: Dice;
  readonly calm: number;
}): Chaos {
  const { tenant, store, gates, processes, dice, calm } = options;
  const counts = new Map<string, number>();
  const over = new AbortController();
  const weights = Object.fromEntries(
    Object.entries(TENANT_FAULTS).map(([name, { weight }]) => [name, weight]),
  );
  let seen = tenant.emulator.requests.length;

  const note = (blow: string): void => void counts.set(blow, (counts.get(blow) ?? 0) + 1);

  /** Repeats the work, each time after a pause of up to twice `meanMs`. */
  async function every(meanMs: number, work: () => Promise<void> | void): Promise<void> {
    while (!over.signal.aborted) {
      await sleep(dice.next() * 2 * meanMs * calm, undefined, { signal: over.signal }).catch(() => {});
      if (!over.signal.aborted) await work();
    }
  }

  /** Faults for the next requests, in proportion to the requests just before, so that they do not pile up. */
  function failTenant(): void {
    const all = tenant.emulator.requests.length;
    for (; seen < all; seen += 1) {
      if (dice.next() >= FAILING) continue;
      const name = dice.weighted(weights);
      tenant.emulator.faults.add(TENANT_FAULTS[name]?.fault ?? {});
      note(`tenant: ${name}`);
    }
  }

  async function killGate(): Promise<void> {
    note('process of the app: SIGKILL');
    await gates.replace(dice.between(0, processes - 1));
  }

  async function failStore(): Promise<void> {
    note(store.blow);
    await store.strike(dice.between(100, 3_000));
  }

  const striking = Promise.all([every(100, failTenant), every(12_000, killGate), every(25_000, failStore)]);
  return {
    async stop() {
      over.abort();
      await striking;
      tenant.emulator.faults.clear();
      return Object.fromEntries([...counts].toSorted(([a], [b]) => a.localeCompare(b)));
    },
  };
}
