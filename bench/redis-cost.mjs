import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRedisStore } from '@stepgate/redis';
import { createBank, pollEvery, startFlow } from './bank.mjs';
import { follow } from './dispatch.mjs';

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/** How often each command has been called, as the server counts. Those that scripts call count too. */
async function callsOf(port) {
  const socket = createConnection(port, '127.0.0.1');
  socket.write('INFO commandstats\r\nQUIT\r\n');
  const found = (await text(socket)).matchAll(/cmdstat_(\w+):calls=(\d+)/g);
  return Object.fromEntries([...found].map(([, name, calls]) => [name, Number(calls)]));
}

/**
 * What a poll without news costs a Redis server, as the server counts: round trips (a script is one of them), and all
 * commands, those inside of scripts included. `undefined` where `redis-server` is not installed.
 */
export async function measureRedis(tenant, users, { intervalMs, seconds }) {
  const port = await freePort();
  const server = spawn('redis-server', ['--port', String(port), '--save', '', '--appendonly', 'no'], {
    stdio: 'ignore',
  });
  const isThere = await Promise.race([
    once(server, 'spawn').then(() => true),
    once(server, 'error').then(() => false),
  ]);
  if (!isThere) return undefined;
  await sleep(500);
  const store = createRedisStore({ url: `redis://127.0.0.1:${port}` });
  const bank = createBank(tenant, {
    store,
    pollSchedule: 'steady',
    testing: { timing: pollEvery(intervalMs) },
  });
  const closers = [];
  for (const user of users) {
    const { request } = await startFlow(bank, user);
    closers.push(follow(bank.app, request, () => {}));
  }
  await sleep(2 * intervalMs);
  const before = { polls: await tenant.count(), calls: await callsOf(port) };
  await sleep(seconds * 1_000);
  const polls = (await tenant.count()) - before.polls;
  const after = await callsOf(port);
  const called = (...names) =>
    names.reduce((sum, name) => sum + (after[name] ?? 0) - (before.calls[name] ?? 0), 0);
  const reads = called('hmget');
  const writes = called('evalsha', 'eval');
  // Not those of this count.
  const commands = called(...Object.keys(after).filter((name) => !['info', 'quit'].includes(name)));
  for (const close of closers) close();
  await bank.gate.close();
  store.close();
  server.kill();
  return { reads: reads / polls, writes: writes / polls, commands: commands / polls };
}
