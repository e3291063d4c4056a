import { createPostgresStore } from '@stepgate/postgres';
import type { SharedStore } from 'suites/stores/open-store.ts';
import { TIMEOUT_MS } from 'suites/stores/timing.ts';

export const openStore = (url: string): SharedStore => createPostgresStore({ url, timeoutMs: TIMEOUT_MS });
