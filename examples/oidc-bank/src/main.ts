import { serveBank } from 'example-bank-ui';
import { createBank } from './bank.ts';
import { openProvider } from './demo-provider.ts';
import { readSettings } from './settings.ts';

const provider = await openProvider(process.env);
const settings = readSettings(provider.env);
const { app, gate } = createBank(settings, provider.demo);

console.log('This demo signs in anybody as anybody, without a password. Never serve it to others.');
serveBank(app, { port: settings.port, gate, stopped: () => provider.close() });
