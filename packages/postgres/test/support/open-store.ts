import { createPostgresStore } from '@stepgate/postgres';
import type { SharedStore } from 'suites/stores/open-store.ts';

export const openStore = (url: string): SharedStore => createPostgresStore({ url });
