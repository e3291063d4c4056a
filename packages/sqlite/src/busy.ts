import { setTimeout as sleep } from 'node:timers/promises';

const BUSY = 5;
const PRIMARY_CODE = 0xff;
const SHORTEST_WAIT_MS = 2;
const LONGEST_WAIT_MS = 12;

/** Whether another process, or a checkpoint, has a lock that the statement needs. */
export function isBusy(error: unknown): boolean {
  const { errcode } = error as { readonly errcode?: unknown };
  return typeof errcode === 'number' && (errcode & PRIMARY_CODE) === BUSY;
}

/**
 * Does the work, and tries again for `timeoutMs` while another process is writing. The waits are on a timer and random:
 * this process goes on with other requests meanwhile, and no process keeps losing.
 */
export async function whileBusy<T>(work: () => T, timeoutMs: number): Promise<T> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (performance.now() >= until) {
        throw new Error(`sqlite: other processes kept the file locked for ${timeoutMs} ms`, { cause: error });
      }
      await sleep(SHORTEST_WAIT_MS + Math.random() * (LONGEST_WAIT_MS - SHORTEST_WAIT_MS));
    }
  }
}
