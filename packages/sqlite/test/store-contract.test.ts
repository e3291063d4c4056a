import { describeStore } from '@stepgate/server/store-contract';
import { describe, it, vi } from 'vitest';
import { createSqliteStore } from '../src/index.ts';
import { newPath } from './support/new-path.ts';

describeStore(
  'a SQLite store',
  () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const path = newPath();
    const [store, other] = [createSqliteStore({ path }), createSqliteStore({ path })];
    return {
      store,
      other,
      async passTime(ms) {
        vi.setSystemTime(Date.now() + ms);
      },
      close() {
        vi.useRealTimers();
        store.close();
        other.close();
      },
    };
  },
  { describe, it },
);
