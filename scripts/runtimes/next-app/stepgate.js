// The gate of the app on Next.js, which bundles it and the stores.
import { Auth0Client } from '@auth0/nextjs-auth0/server';
import { createGate, createMemoryStore } from '@stepgate/next';
import { createPostgresStore } from '@stepgate/postgres';
import { createRedisStore } from '@stepgate/redis';
import { createSqliteStore } from '@stepgate/sqlite';
import { NextRequest } from 'next/server';
import { optionsFor, SECRET } from '../tenant.mjs';
import { APP_BASE_PATH } from './app-base-path.js';

const STORES = {
  memory: () => createMemoryStore(),
  sqlite: (path) => createSqliteStore({ path }),
  redis: (url) => createRedisStore({ url }),
  postgres: (url) => createPostgresStore({ url }),
};

const login = new Auth0Client({
  domain: 'tenant.test',
  clientId: 'client',
  clientSecret: 'client secret',
  secret: SECRET,
  appBaseUrl: 'https://bank.example',
});

/** Next.js loads this module while it builds, where the environment has none of these. */
const readOptions = () => {
  const { USER_JSON, ORIGIN, STORE, PLACE } = process.env;
  return {
    ...optionsFor(JSON.parse(USER_JSON)),
    origin: ORIGIN,
    store: STORES[STORE](PLACE),
    async identify(request) {
      const found = await login.getSession(new NextRequest(request.url, { headers: request.headers }));
      return found && { subject: found.user.sub, sessionId: found.internal.sid };
    },
  };
};

export const stepgate = createGate(readOptions, { appBasePath: APP_BASE_PATH });
