import { randomBytes } from 'node:crypto';
import { readSettings } from 'example-bank-ui';
import { createBank, serveBank } from './bank.ts';

const settings = readSettings(process.env, { port: 3000 });
serveBank(createBank({ settings, secret: randomBytes(32).toString('hex') }), settings.port);
