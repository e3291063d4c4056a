import { randomBytes } from 'node:crypto';
import { openStore, readSettings, serveBank } from 'example-bank-ui';
import { createBank } from './bank.ts';

const settings = readSettings(process.env, { port: 3000 });
const store = await openStore(settings.store);
const { app, gate } = createBank({
  settings,
  secret: randomBytes(32).toString('hex'),
  ...(store && { store }),
});
serveBank(app, { port: settings.port, gate, stopped: () => store?.close() });
