import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** A Redis server that nobody else uses. */
export interface PrivateRedis {
  readonly url: string;
  stop(): Promise<void>;
}

/** Ends the server when its standard input does: with whoever has started it, however that one ends. */
const WATCHED = '"$@" & read _; kill $!; wait';

/**
 * Starts a server on a free port.
 *
 * @throws Error with a sentence, where this machine has none.
 */
export async function startRedis(program = findServer()): Promise<PrivateRedis> {
  if (!canRun(program)) {
    throw new Error(
      `There is no ${program} on this machine: install one (apt-get install redis-server), or name it with REDIS_SERVER.`,
    );
  }
  const folder = await mkdtemp(join(tmpdir(), 'stepgate-cluster-'));
  const port = await freePort();
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
  const watched = ['-c', WATCHED, 'sh', program, ...place, '--save', '', '--appendonly', 'no'];
  // In a group of its own: Ctrl-C is for the banks first, which still need it.
  const child = spawn('sh', watched, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const ended = once(child, 'exit');
  await isReady(child.stdout);
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      child.stdin.end();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function isReady(log: Readable): Promise<void> {
  for await (const line of createInterface({ input: log })) {
    if (!/ready to accept connections/i.test(line)) continue;
    // What it says later must not fill the pipe.
    log.resume();
    return;
  }
  throw new Error('The Redis server does not start.');
}

function findServer(): string {
  return canRun('redis-server') || !canRun('valkey-server') ? 'redis-server' : 'valkey-server';
}

function canRun(program: string): boolean {
  return spawnSync(program, ['--version']).status === 0;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
