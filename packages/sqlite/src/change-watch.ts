import type { DatabaseSync } from 'node:sqlite';
import type { Listeners } from '@stepgate/server/store-kit';

/** Notices what other processes write. */
export interface ChangeWatch {
  /** From now on every change is noticed. */
  start(): void;
  stop(): void;
}

/** Looking costs some microseconds. */
const LOOK_EVERY_MS = 100;
/** After a longer pause (the machine slept) deleted records may have been swept unseen. */
const LONGEST_GAP_MS = 20_000;

/** Makes the watch, which wakes the listeners of each key that has changed. */
export function createChangeWatch({
  database,
  listeners,
  onError,
}: {
  readonly database: DatabaseSync;
  readonly listeners: Pick<Listeners, 'wake' | 'wakeAll'>;
  readonly onError: (error: unknown) => void;
}): ChangeWatch {
  // Counts the commits of other connections.
  const commits = database.prepare('PRAGMA data_version');
  const newest = database.prepare('SELECT coalesce(max(version), 0) AS version FROM stepgate');
  const changed = database.prepare(
    'SELECT version, key FROM stepgate WHERE version > :seen ORDER BY version',
  );
  let timer: NodeJS.Timeout | undefined;
  /** Undefined when changes may have been missed. */
  let seen: { commits: number; version: number; at: number } | undefined;

  function position(): { commits: number; version: number; at: number } {
    // In this order: a commit that comes between is looked at once more.
    const before = Number(commits.get()?.data_version);
    return { commits: before, version: Number(newest.get()?.version), at: Date.now() };
  }

  function look(): void {
    try {
      const now = Date.now();
      if (seen === undefined || Math.abs(now - seen.at) > LONGEST_GAP_MS) {
        seen = position();
        listeners.wakeAll();
        return;
      }
      seen.at = now;
      const latest = Number(commits.get()?.data_version);
      if (latest === seen.commits) return;
      const rows = changed.all({ seen: seen.version });
      seen.commits = latest;
      for (const { version, key } of rows) {
        seen.version = Number(version);
        listeners.wake(String(key));
      }
    } catch (error) {
      seen = undefined;
      onError(error);
    }
  }

  return {
    start() {
      if (timer !== undefined) return;
      timer = setInterval(look, LOOK_EVERY_MS);
      timer.unref();
      try {
        seen = position();
      } catch (error) {
        seen = undefined;
        onError(error);
      }
    },
    stop() {
      clearInterval(timer);
      timer = undefined;
    },
  };
}
