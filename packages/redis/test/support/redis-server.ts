import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from 'suites/ports.ts';

/** A redis-server (or valkey-server) for tests. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** Starts it again on the same port. It is empty, unless it crashed and keeps a log of its writes. */
  start(): Promise<void>;
  /** Stops answering and keeps its connections, like a machine that has lost its power. */
  freeze(): void;
  thaw(): void;
  /** SIGKILL. Its files stay. */
  crash(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const FOUND = new URL('../../../../node_modules/.cache/system.json', import.meta.url);

/** The program that scripts/ensure-system.mjs has found, if any. */
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
