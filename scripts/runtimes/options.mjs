// What the apps have in common: the user, of the environment's USER_JSON, and the gate's options but for `identify`.
import { createMemoryStore } from '@stepgate/server';
import { optionsFor } from './tenant.mjs';

export { SECRET } from './tenant.mjs';

export const user = JSON.parse(process.env.USER_JSON);
export const POLICY = { maxAge: '5m' };
export const REPLAY = { replay: true };

const STORES = {
  memory: () => createMemoryStore(),
  async sqlite(place) {
    const { createSqliteStore } = await import('@stepgate/sqlite');
    return createSqliteStore({ path: place });
  },
  async redis(place) {
    const [{ createClient }, { createRedisStore }] = await Promise.all([
      import('redis'),
      import('@stepgate/redis'),
    ]);
    return createRedisStore({ client: await createClient({ url: place }).connect() });
  },
  async postgres(place) {
    const { createPostgresStore } = await import('@stepgate/postgres');
    const store = createPostgresStore({ url: place });
    await store.migrate();
    return store;
  },
};

export async function optionsWith(store, place) {
  return { ...optionsFor(user), store: await STORES[store](place) };
}

export const resultOf = ({ approval }) => ({ factor: approval.factor });
