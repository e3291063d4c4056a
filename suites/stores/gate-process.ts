import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { environmentOf, type StorePlace } from './open-store.ts';

/** One process of the app. */
export interface GateProcess {
  readonly url: string;
  readonly isAlive: boolean;
  /** How many times handlers ran in it for a tenant. */
  runs(tenantId: string): number;
  /** How many writes were counted for a tenant. */
  writes(tenantId: string): number;
  /** Whether a tenant is cut off there, see {@link Death}. */
  hasEndedFor(tenantId: string): boolean;
  /** Resolves when it is. */
  whenEndedFor(tenantId: string): Promise<void>;
  /** Closes its gates, as a graceful stop does. */
  closeGates(): Promise<void>;
  /** SIGKILL. */
  stop(): Promise<void>;
}

type Message = Readonly<Partial<Record<'ran' | 'wrote' | 'ended', string>>>;

const APP = fileURLToPath(new URL('./gate-app.ts', import.meta.url));

/** Starts a process of the app; it ends with the test, unless it is kept. In a doomed one, tenants can be cut off. */
export async function startProcess(
  store: StorePlace,
  { isDoomed = false, isKept = false }: { readonly isDoomed?: boolean; readonly isKept?: boolean } = {},
): Promise<GateProcess> {
  const child: ChildProcess = spawn(process.execPath, ['--no-warnings', APP], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: {
      PATH: process.env.PATH,
      ...environmentOf(store),
      // All of them load the same modules.
      NODE_COMPILE_CACHE: join(tmpdir(), 'stepgate-compile-cache'),
      ...(isDoomed && { IS_DOOMED: 'yes' }),
    },
  });
  const ran: string[] = [];
  const wrote: string[] = [];
  const ended = new Set<string>();
  const waiting = new Map<string, () => void>();
  child.on('message', (message: Message) => {
    if (message.ran !== undefined) ran.push(message.ran);
    if (message.wrote !== undefined) wrote.push(message.wrote);
    if (message.ended === undefined) return;
    ended.add(message.ended);
    waiting.get(message.ended)?.();
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
    writes: (tenantId) => wrote.filter((each) => each === tenantId).length,
    hasEndedFor: (tenantId) => ended.has(tenantId),
    whenEndedFor: (tenantId) =>
      ended.has(tenantId)
        ? Promise.resolve()
        : new Promise((resolve) => {
            waiting.set(tenantId, resolve);
          }),
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
