import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** One process of the app. */
export interface GateProcess {
  readonly url: string;
  readonly isAlive: boolean;
  /** How often handlers ran in it for a tenant. */
  runs(tenantId: string): number;
  /** Lets its gates close, as a graceful stop does; resolves when they have. */
  closeGates(): Promise<void>;
  stop(): Promise<void>;
}

/** When a process takes itself down. */
export interface Death {
  /** At its n-th write of a flow's record, or of anything. */
  readonly at: number;
  readonly when: 'before' | 'after';
  readonly counts?: 'all' | 'records';
}

const APP = fileURLToPath(new URL('./gate-app.ts', import.meta.url));

/** Starts a process of the app; ends it with the test, unless it is kept. */
export async function startProcess(
  redisUrl: string,
  { death, isKept = false }: { readonly death?: Death; readonly isKept?: boolean } = {},
): Promise<GateProcess> {
  const child: ChildProcess = spawn(process.execPath, ['--no-warnings', APP], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: {
      PATH: process.env.PATH,
      REDIS_URL: redisUrl,
      // The same modules dozens of times.
      NODE_COMPILE_CACHE: join(tmpdir(), 'stepgate-compile-cache'),
      ...(death && { KILL_AT: `${death.at}`, KILL_WHEN: death.when, KILL_COUNTS: death.counts ?? 'records' }),
    },
  });
  const ran: string[] = [];
  child.on('message', (message: { ran?: string }) => {
    if (message.ran !== undefined) ran.push(message.ran);
  });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null;
  const stop = async (): Promise<void> => {
    if (!isAlive()) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  if (!isKept) onTestFinished(stop);
  return {
    url: `http://127.0.0.1:${port}`,
    get isAlive() {
      return isAlive();
    },
    runs: (tenantId) => ran.filter((each) => each === tenantId).length,
    closeGates() {
      const { promise, resolve } = Promise.withResolvers<void>();
      child.on('message', (message: { closed?: boolean }) => {
        if (message.closed === true) resolve();
      });
      child.send('close');
      return promise;
    },
    stop,
  };
}
