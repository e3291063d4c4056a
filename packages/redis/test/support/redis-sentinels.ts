import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@redis/client';
import { freePort } from 'suites/ports.ts';
import { type RedisServer, redisProgram, startRedis } from './redis-server.ts';

/** A primary, its replica, and three sentinels. */
export interface RedisSentinels {
  readonly name: string;
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly primary: RedisServer;
  readonly stop: () => Promise<void>;
}

const NAME = 'main';
const HOST = '127.0.0.1';
const QUORUM = 2;
/** How long the primary must be silent before it is considered dead. */
const DOWN_AFTER_MS = 500;

/** Starts them on this machine. */
export async function startSentinels(): Promise<RedisSentinels> {
  const folder = await mkdtemp(join(tmpdir(), 'stepgate-sentinels-'));
  const primary = await startRedis('--repl-diskless-sync-delay', '0');
  const replica = await startRedis('--replicaof', HOST, `${primary.port}`);
  const ports = [await freePort(), await freePort(), await freePort()];
  const sentinels = await Promise.all(
    ports.map(async (port) => {
      // A sentinel writes what it learns into its configuration.
      const file = join(folder, `${port}.conf`);
      const lines = [
        `port ${port}`,
        `bind ${HOST}`,
        `dir ${folder}`,
        `sentinel monitor ${NAME} ${HOST} ${primary.port} ${QUORUM}`,
        `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
        `sentinel failover-timeout ${NAME} 2000`,
      ];
      await writeFile(file, lines.join('\n'));
      return spawn(redisProgram() ?? '', [file, '--sentinel'], { stdio: 'ignore' });
    }),
  );
  for (const port of ports) await knowsAll(port, ports.length);

  return {
    name: NAME,
    nodes: ports.map((port) => ({ host: HOST, port })),
    primary,
    async stop() {
      await Promise.all(
        sentinels.map(async (sentinel) => {
          sentinel.kill('SIGKILL');
          await once(sentinel, 'exit');
        }),
      );
      await Promise.all([primary.stop('SIGKILL'), replica.stop('SIGKILL')]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until the sentinel has found the replica and the other sentinels. */
async function knowsAll(port: number, count: number): Promise<void> {
  const admin = createClient({ url: `redis://${HOST}:${port}` });
  admin.on('error', () => {});
  await admin.connect();
  for (;;) {
    const info = await admin.info('sentinel');
    if (info.includes(`slaves=1,sentinels=${count}`)) break;
    await sleep(50);
  }
  admin.destroy();
}
