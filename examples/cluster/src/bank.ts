// One of the processes that are the bank.
import { createRedisStore } from '@stepgate/redis';
import { RedisStore as SessionStore } from 'connect-redis';
import { readSettings, serveBank } from 'example-bank-ui';
import { createBank } from 'example-express-bank';
import { createClient } from 'redis';

const { REDIS_URL = '', BANK_SECRET = '' } = process.env;
const LOGIN_SECONDS = 86_400;

const settings = readSettings(process.env, { port: 0 });
const client = createClient({ url: REDIS_URL });
client.on('error', (error) => console.error(error));
await client.connect();
const store = createRedisStore({ client });

const tokenKey = (loginId: string): string => `bank:refresh-token:${loginId}`;

const { app, gate } = createBank({
  settings,
  secret: BANK_SECRET,
  store,
  sessions: new SessionStore({ client, prefix: 'bank:session:', ttl: LOGIN_SECONDS }),
  refreshTokens: {
    get: async (loginId) => (await client.get(tokenKey(loginId))) ?? undefined,
    set: (loginId, token) => client.set(tokenKey(loginId), token, { EX: LOGIN_SECONDS }),
    delete: (loginId) => client.del(tokenKey(loginId)),
  },
});

serveBank(app, {
  port: settings.port,
  gate,
  stopped() {
    store.close();
    client.destroy();
    process.disconnect?.();
  },
});
// Nobody is left who would end it.
process.once('disconnect', () => process.exit());
