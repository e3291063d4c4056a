import { createRedisStore } from '@stepgate/redis';
import type { SharedStore } from 'suites/stores/open-store.ts';

export const openStore = (url: string): SharedStore => createRedisStore({ url });
