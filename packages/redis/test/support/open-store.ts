import { createRedisStore } from '@stepgate/redis';
import type { SharedStore } from 'suites/stores/open-store.ts';
import { TIMEOUT_MS } from 'suites/stores/timing.ts';

export const openStore = (url: string): SharedStore => createRedisStore({ url, timeoutMs: TIMEOUT_MS });
