import { describeStore } from '@stepgate/server/store-contract';
import { it } from 'vitest';
import { describeWithPostgres, newStore, newTable } from './support/describe-with-postgres.ts';

describeStore(
  'a PostgreSQL store',
  async () => {
    const table = newTable();
    return { store: await newStore({ table }), other: await newStore({ table }) };
  },
  { describe: describeWithPostgres, it },
);
