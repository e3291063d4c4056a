import type { EmulatorControl } from '../control/emulator-control.ts';
import { every } from '../lib/timers.ts';
import type { EventStreamWriter } from '../request/event-stream.ts';
import type { RequestLog } from '../timeline/request-log.ts';
import { toWireRequest } from '../timeline/wire-request.ts';
import { toWirePhone } from './wire-phone.ts';

const heartbeatMs = 15_000;

/** How many requests a reader is told of that came before it. */
const mostAtStart = 1_000;

/** How often a phone is looked at, and how often its time is told though nothing has changed. */
const lookEveryMs = 100;
const tellTimeEveryMs = 1_000;

/**
 * Follows the log: first the last 1,000 requests, then each one when it arrives and again when it is answered, with the
 * same `id`. The event `reset` says that the log was cleared.
 */
export function followLog(log: RequestLog, { send, stillHere }: EventStreamWriter): () => void {
  // A page that has lost its connection begins anew.
  send('reset', {});
  for (const entry of log.entries.slice(-mostAtStart)) send('request', toWireRequest(entry));
  const unsubscribe = log.subscribe((entry) =>
    entry === undefined ? send('reset', {}) : send('request', toWireRequest(entry)),
  );
  const stop = every(heartbeatMs, stillHere);
  return () => {
    unsubscribe();
    stop();
  };
}

/**
 * Follows a phone: the event `users` has the names of the users there are, and `phone` everything on this user's phone. Both
 * come at once and after each change, and `phone` also once a second for the clock. Without such a user there is no `phone`.
 */
export function followPhone(
  emulator: EmulatorControl,
  username: string,
  { send }: EventStreamWriter,
): () => void {
  const sent = new Map<string, string>();
  let toldTimeAt = 0;

  function sendIfNew(event: string, value: unknown, key: unknown): void {
    const drawn = JSON.stringify(key);
    if (sent.get(event) === drawn) return;
    sent.set(event, drawn);
    send(event, value);
  }

  function look(): void {
    const usernames = emulator.users().map((user) => user.username);
    sendIfNew('users', usernames, usernames);
    const time = performance.now();
    if (time - toldTimeAt >= tellTimeEveryMs) toldTimeAt = time;
    const phone = toWirePhone(emulator.phone(username));
    if (phone !== undefined) sendIfNew('phone', phone, [{ ...phone, now: 0 }, toldTimeAt]);
  }

  look();
  return every(lookEveryMs, look);
}
