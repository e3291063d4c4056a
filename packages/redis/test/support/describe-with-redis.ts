import type { StorePlace } from 'suites/stores/open-store.ts';
import { describe, inject } from 'vitest';

/** The address of the test server; empty if this machine has none. */
export const redisUrl = inject('redisUrl');

/** The test server, for other processes. */
export const redisPlace: StorePlace = {
  module: new URL('./open-store.ts', import.meta.url).href,
  place: redisUrl,
};

/** `describe`, skipped if this machine has no server. */
export const describeWithRedis = describe.skipIf(redisUrl === '');
