// A bank of two processes behind a proxy, with a Redis and a tenant of its own, until Ctrl-C.
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createEmulator } from '@stepgate/emulator';
import { type Banks, startBanks } from './banks.ts';
import { listen } from './proxy.ts';
import { startRedis } from './redis.ts';

const PROCESSES = 2;

/** What is to be stopped, the last first. */
const stops: (() => Promise<unknown>)[] = [];

async function end(code: number): Promise<void> {
  process.exitCode = code;
  for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) await stop();
}

function fail(error: unknown): Promise<void> {
  console.error((error as Error).message);
  return end(1);
}

function portOf(name: string, value: string): number {
  const port = Number(value);
  if (/^\d+$/.test(value) && port <= 65_535) return port;
  throw new Error(`${name} is a port, a number from 0 to 65535, and not ${JSON.stringify(value)}.`);
}

/** Turns a port that is taken into a sentence. */
async function freed<T>(listening: Promise<T>, name: string, port: number): Promise<T> {
  return listening.catch(() => {
    throw new Error(
      `Port ${port} cannot be listened on: end what listens there, or choose another one with ${name}.`,
    );
  });
}

async function start(): Promise<void> {
  const { PORT = '3000', EMULATOR_PORT = '4400', AUTH0_ISSUER, DEMO_PHONE_URL, REDIS_SERVER } = process.env;
  const port = portOf('PORT', PORT);
  const emulatorPort = portOf('EMULATOR_PORT', EMULATOR_PORT);
  let banks: Banks | undefined;

  const proxy = await freed(
    listen(() => banks?.ports() ?? [], port),
    'PORT',
    port,
  );
  stops.push(async () => proxy.close().closeAllConnections());

  let tenant = { url: AUTH0_ISSUER ?? '', phoneUrl: DEMO_PHONE_URL };
  if (AUTH0_ISSUER === undefined) {
    const emulator = await freed(
      createEmulator().listen({ port: emulatorPort }),
      'EMULATOR_PORT',
      emulatorPort,
    );
    stops.push(() => emulator.close());
    tenant = { url: emulator.url, phoneUrl: `${emulator.phoneUrl}?user=ada` };
  }

  const redis = await startRedis(REDIS_SERVER);
  stops.push(() => redis.stop());

  banks = await startBanks(
    PROCESSES,
    {
      AUTH0_ISSUER: tenant.url,
      ...(tenant.phoneUrl !== undefined && { DEMO_PHONE_URL: tenant.phoneUrl }),
      REDIS_URL: redis.url,
      BANK_SECRET: randomBytes(32).toString('hex'),
    },
    fail,
  );
  const running = banks;
  stops.push(() => running.stop());

  console.log(`phone: ${tenant.phoneUrl ?? 'your own'}
bank: http://127.0.0.1:${(proxy.address() as AddressInfo).port}/
Sign in as ada, password correct-horse. Ctrl-C ends it.`);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(0));
}

await start().catch(fail);
