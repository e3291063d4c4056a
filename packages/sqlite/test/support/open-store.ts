import { createSqliteStore } from '@stepgate/sqlite';
import type { SharedStore } from 'suites/stores/open-store.ts';
import { TIMEOUT_MS } from 'suites/stores/timing.ts';

export const openStore = (path: string): SharedStore => createSqliteStore({ path, timeoutMs: TIMEOUT_MS });
