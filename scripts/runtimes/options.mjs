// What the apps have in common: the user, of the environment's USER_JSON, and the gate's options but for `identify`.
import { auth0, createMemoryStore } from '@stepgate/server';

export const user = JSON.parse(process.env.USER_JSON);
export const SECRET = 'a secret of at least 32 characters, for tests';
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
  return {
    provider: auth0({
      issuer: user.issuer,
      clientId: 'stepgate-demo',
      clientSecret: 'stepgate-demo-secret',
      allowInsecureIssuer: true,
      mfaApi: { audience: 'https://bank.example/', scope: 'transfer:funds' },
    }),
    secret: SECRET,
    store: await STORES[store](place),
    firstLeg: { refreshToken: () => user.refreshToken },
    testing: { timing: { pollIntervalMs: 100 }, random: () => 0 },
  };
}

export const resultOf = ({ approval }) => ({ factor: approval.factor });
