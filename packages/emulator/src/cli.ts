#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { createEmulator } from './emulator.ts';

const USAGE = `stepgate-emulator [--port 4400] [--issuer https://tenant.test/] [--json]

  --port    where to serve, on this machine only; 0 takes a free port (default 4400)
  --issuer  another issuer than its own address
  --json    prints one line of JSON: {"url": ..., "phone": ...}`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '4400' },
      issuer: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new TypeError('--port is a number from 0 to 65535');
  const emulator = createEmulator(values.issuer === undefined ? {} : { issuer: values.issuer });
  const listening = await emulator.listen({ port });
  const { url, phoneUrl } = listening;
  if (values.json) console.log(JSON.stringify({ url, phone: phoneUrl }));
  else console.log(`tenant: ${url}\nphone:  ${phoneUrl}`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void listening.close());
}

main().catch((error: unknown) => {
  const { code, message } = error as NodeJS.ErrnoException;
  console.error(
    code === 'EADDRINUSE' ? 'The port is taken: choose another with --port, or 0 for a free one.' : message,
  );
  process.exitCode = 1;
});
