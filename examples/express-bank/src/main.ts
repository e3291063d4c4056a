import { randomBytes } from 'node:crypto';
import { openStore, readSettings } from 'example-bank-ui';
import { createBank, serveBank } from './bank.ts';

const settings = readSettings(process.env, { port: 3000 });
const store = await openStore(settings.store);
const bank = createBank({ settings, secret: randomBytes(32).toString('hex'), ...(store && { store }) });
serveBank(bank, settings.port, () => store?.close());
