import { createSqliteStore } from '@stepgate/sqlite';
import type { SharedStore } from 'suites/stores/open-store.ts';

export const openStore = (path: string): SharedStore => createSqliteStore({ path });
