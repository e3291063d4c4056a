import { describe, inject } from 'vitest';

/** The address of the tests' server; empty where this machine has none. */
export const redisUrl = inject('redisUrl');

/** `describe`, skipped where this machine has no server. */
export const describeWithRedis = describe.skipIf(redisUrl === '');
