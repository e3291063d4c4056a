import type { Store } from '@stepgate/server';

/** A store that the bank opens at its start and closes at its end. */
export interface BankStore extends Store {
  close(): void;
}

/** What {@link openStore} accepts, in words and as a pattern. */
export const STORE_PLACES = {
  words: 'memory, a file like bank.db, or an address that begins with redis:// or postgres://',
  pattern: /^(memory|.+\.db|rediss?:\/\/.+|postgres(ql)?:\/\/.+)$/,
};

/** Opens the store of that place; `undefined` for memory, where a gate keeps its records without one. */
export async function openStore(place: string): Promise<BankStore | undefined> {
  if (place === 'memory') return undefined;
  if (/^rediss?:/.test(place)) {
    const { createRedisStore } = await import('@stepgate/redis');
    return createRedisStore({ url: place });
  }
  if (/^postgres(ql)?:/.test(place)) {
    const { createPostgresStore } = await import('@stepgate/postgres');
    const store = createPostgresStore({ url: place });
    await store.migrate();
    return store;
  }
  const { createSqliteStore } = await import('@stepgate/sqlite');
  return createSqliteStore({ path: place });
}
