import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A redis-server (or valkey-server) of the tests' own. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** Starts it again on the same port; empty, unless it has crashed and keeps a log of its writes. */
  start(): Promise<void>;
  /** Says nothing any more, and holds its connections: as a machine does that has lost its power. */
  freeze(): void;
  thaw(): void;
  /** SIGKILL. What it has on disk stays. */
  crash(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const FOUND = new URL('../../../../node_modules/.cache/system.json', import.meta.url);

/** Where the program is, by scripts/ensure-system.mjs; `undefined` where there is none. */
export function redisProgram(): string | undefined {
  if (!existsSync(FOUND)) return undefined;
  const { redisServer } = JSON.parse(readFileSync(FOUND, 'utf8')) as { redisServer?: string };
  return redisServer !== undefined && existsSync(redisServer) ? redisServer : undefined;
}

/** Starts a server on a free port of this machine. */
export async function startRedis(...options: string[]): Promise<RedisServer> {
  const program = redisProgram();
  if (program === undefined)
    throw new Error('there is no redis-server: run `node scripts/ensure-system.mjs`');
  const folder = await mkdtemp(join(tmpdir(), 'stepgate-redis-'));
  const port = await freePort();
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    await mkdir(folder, { recursive: true });
    const place = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder];
    child = spawn(program ?? '', [...place, '--save', '', '--appendonly', 'no', ...options], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await isReady(child);
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child === undefined) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
    child = undefined;
  }

  await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    start,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    crash: () => end('SIGKILL'),
    async stop(signal = 'SIGTERM') {
      await end(signal);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function isReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}\n${log}`)));
    child.stdout?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (/ready to accept connections/i.test(log)) resolve();
    });
  });
}

/** A port of this machine that nobody has. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
