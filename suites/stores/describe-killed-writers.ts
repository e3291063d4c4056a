import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { environmentOf, type StoreModule, type StorePlace } from './open-store.ts';

const PROCESS = fileURLToPath(new URL('./writer-process.ts', import.meta.url));
const WRITERS = 3;
const ROUNDS = 2;
const LONGEST_ROUND_MS = 120;

/** Tests that SIGKILL in the middle of writes loses none that was reported, and leaves no lock behind. */
export function describeKilledWriters(
  describe: (title: string, body: () => void) => unknown,
  place: () => StorePlace | Promise<StorePlace>,
): void {
  describe('writers that are killed', () => {
    it('lose no write that was reported, write no number twice, and leave no lock behind', async () => {
      const where = await place();
      const key = randomUUID();
      const reported: number[] = [];
      let kills = 0;

      async function startWriter(): Promise<ChildProcess> {
        const env = { PATH: process.env.PATH, ...environmentOf(where), KEY: key };
        const child = fork(PROCESS, { execArgv: ['--no-warnings'], env });
        onTestFinished(() => void child.kill('SIGKILL'));
        await once(child, 'message');
        child.on('message', (number) => reported.push(Number(number)));
        return child;
      }

      for (let round = 0; round < ROUNDS; round += 1) {
        const writers = await Promise.all(Array.from({ length: WRITERS }, startWriter));
        await sleep(Math.random() * LONGEST_ROUND_MS);
        for (const writer of writers) {
          // `close`, since what the writer has sent before its death arrives before it.
          const closed = once(writer, 'close');
          writer.kill('SIGKILL');
          kills += 1;
          await closed;
        }
      }

      const { openStore } = (await import(where.module)) as StoreModule;
      const store = openStore(where.place);
      onTestFinished(() => store.close());
      const record = await store.read(key);
      expect(new Set(reported).size).toBe(reported.length);
      expect(record?.value).toBeGreaterThanOrEqual(Math.max(0, ...reported));
      // Each may have written once more than it could report.
      expect(record?.value).toBeLessThanOrEqual(reported.length + kills);
      expect(reported.length).toBeGreaterThan(kills);
      const { version = 0 } = record ?? {};
      expect(await store.write(key, 'done', { ifVersion: version, ttlMs: 1_000 })).toBeDefined();
    });
  });
}
