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

/** How many commands the server has processed. */
async function commandsOf(port) {
  const socket = createConnection(port, '127.0.0.1');
  socket.write('INFO stats\r\nQUIT\r\n');
  return Number(/total_commands_processed:(\d+)/.exec(await text(socket))?.[1]);
}

/**
 * How many commands of a Redis server a poll without news costs, counted by the server. `undefined` where `redis-server`
 * is not installed.
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
  const before = { polls: await tenant.count(), commands: await commandsOf(port) };
  await sleep(seconds * 1_000);
  const polls = (await tenant.count()) - before.polls;
  // Each count is two commands, and only one of them is in its own answer.
  const commands = (await commandsOf(port)) - before.commands - 2;
  for (const close of closers) close();
  await bank.gate.close();
  store.close();
  server.kill();
  return commands / polls;
}
