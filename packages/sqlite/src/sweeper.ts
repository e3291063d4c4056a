import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { isBusy } from './busy.ts';

const SWEEP_EVERY_MS = 60_000;
/** How long deleted records stay, so that every process notices the change. */
const KEPT_MS = 60_000;
const ROWS_AT_ONCE = 500;
/** Other processes get the lock between two steps. */
const PAUSE_MS = 10;
const PAGES_AT_ONCE = 256;

/** Deletes expired records every minute and gives their space back to the file system. Returns the function that ends it. */
export function startSweeper(database: DatabaseSync, onError: (error: unknown) => void): () => void {
  const sweep = database.prepare(
    'DELETE FROM stepgate WHERE version IN (SELECT version FROM stepgate WHERE expires <= :before LIMIT :most)',
  );
  let isOver = false;
  let isSweeping = false;

  async function sweepAll(): Promise<void> {
    for (let swept = ROWS_AT_ONCE; swept === ROWS_AT_ONCE && !isOver; await sleep(PAUSE_MS)) {
      swept = Number(sweep.run({ before: Date.now() - KEPT_MS, most: ROWS_AT_ONCE }).changes);
    }
    while (!isOver && freePages() > 0) {
      database.exec(`PRAGMA incremental_vacuum(${PAGES_AT_ONCE})`);
      await sleep(PAUSE_MS);
    }
  }

  function freePages(): number {
    return Number(database.prepare('PRAGMA freelist_count').get()?.freelist_count);
  }

  async function sweepInTurn(): Promise<void> {
    if (isSweeping) return;
    isSweeping = true;
    try {
      await sweepAll();
    } catch (error) {
      // Another process is writing; the next sweep tries again.
      if (!isOver && !isBusy(error)) onError(error);
    } finally {
      isSweeping = false;
    }
  }

  const timer = setInterval(() => void sweepInTurn(), SWEEP_EVERY_MS);
  timer.unref();
  return () => {
    isOver = true;
    clearInterval(timer);
  };
}
