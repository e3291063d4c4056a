// Serves what `next build` has built, beside an emulated tenant if AUTH0_ISSUER names no other.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createEmulator } from '@stepgate/emulator';

const built = fileURLToPath(new URL('../.next/', import.meta.url));
const app = `${built}standalone/examples/next-bank/`;
// The standalone folder leaves out what a CDN could serve.
cpSync(`${built}static`, `${app}.next/static`, { recursive: true });

const { PORT = '3003', AUTH0_ISSUER } = process.env;
const port = PORT === '0' ? await freePort() : Number(PORT);
const origin = `http://127.0.0.1:${port}`;
const emulated = AUTH0_ISSUER === undefined ? await createEmulator().listen() : undefined;

const server = spawn(process.execPath, [`${app}server.js`], {
  stdio: ['ignore', 'pipe', 'inherit'],
  env: {
    // A real app keeps its secrets in its configuration.
    SESSION_SECRET: randomBytes(32).toString('hex'),
    STEPGATE_SECRET: randomBytes(32).toString('hex'),
    ...(emulated && { AUTH0_ISSUER: emulated.url, DEMO_PHONE_URL: `${emulated.phoneUrl}?user=ada` }),
    ...process.env,
    PORT: String(port),
    HOSTNAME: '127.0.0.1',
    ORIGIN: origin,
  },
});
let isStopping = false;
server.once('exit', (code) => process.exit(isStopping ? 0 : (code ?? 1)));
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    isStopping = true;
    server.kill('SIGTERM');
  });
}
server.stdout.setEncoding('utf8').on('data', (text: string) => {
  if (!/Ready in/.test(text)) return;
  console.log(`bank: ${origin}/`);
  if (emulated) console.log(`phone: ${emulated.phoneUrl}?user=ada (sign in as ada, correct-horse)`);
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port: found } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return found;
}
