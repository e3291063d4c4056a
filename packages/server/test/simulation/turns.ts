import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import type { Scheduler } from 'fast-check';

/** Decides what of all that is under way goes on next. */
export type Scheduling = Pick<Scheduler, 'schedule' | 'count' | 'waitOne'>;

/** Lets what is under way go on, one turn after the other. */
export interface Turns {
  /** Waits for a turn, unless it is asked for aside. */
  turn(name: string): Promise<unknown>;
  /** Does work that takes no turns, and no time: nothing else goes on meanwhile. */
  aside<T>(work: () => Promise<T>): Promise<T>;
  goOn(turns: number): Promise<void>;
  /** Goes on until nothing is under way. */
  settle(): Promise<void>;
}

/** Turns of the event loop that it takes at the most to read a request's or an answer's body. */
const BODY_TURNS = 4;
const ALL = 10_000;

/** `whenQuiet`: called when nothing is under way any more. */
export function createTurns(scheduling: Scheduling, whenQuiet: () => void): Turns {
  let asides = 0;
  const isAside = new AsyncLocalStorage<true>();

  /** Waits until something is there to go on with, or nothing is to come: bodies are read over some turns of the loop. */
  async function pause(): Promise<void> {
    for (let turns = 0; turns < BODY_TURNS || asides > 0; turns += 1) {
      await setImmediate();
      if (scheduling.count() > 0 && asides === 0) return;
    }
  }

  async function goOn(turns: number): Promise<void> {
    for (let done = 0; done < turns; done += 1) {
      if (scheduling.count() === 0 || asides > 0) await pause();
      if (scheduling.count() === 0) break;
      await scheduling.waitOne();
      await setImmediate();
    }
    if (scheduling.count() === 0) await pause();
    if (scheduling.count() === 0) whenQuiet();
  }

  return {
    async turn(name) {
      if (isAside.getStore() === undefined) await scheduling.schedule(Promise.resolve(), name);
    },
    aside(work) {
      asides += 1;
      return isAside.run(true, work).finally(() => {
        asides -= 1;
      });
    },
    goOn,
    settle: () => goOn(ALL),
  };
}
