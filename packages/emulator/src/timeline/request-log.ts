import { pushBounded } from '../lib/bounded.ts';
import type { LoggedRequest } from './logged-request.ts';

/** How many requests are kept. */
const mostRequests = 10_000;

/** How many of them keep their parameters, headers and answers. */
const detailedRequests = 1_000;

/** The newest requests, oldest first. */
export interface RequestLog {
  readonly entries: readonly LoggedRequest[];
  /** Adds a request; the function returned adds what became known of it later. */
  add(request: Omit<LoggedRequest, 'id'>): (later: Partial<LoggedRequest>) => void;
  clear(): void;
  /** Calls back with every request that is new or has changed, and with nothing when the log was cleared. */
  subscribe(listener: (request: LoggedRequest | undefined) => void): () => void;
}

/** An empty log. */
export function createRequestLog(): RequestLog {
  let entries: LoggedRequest[] = [];
  let lastId = 0;
  const listeners = new Set<(request: LoggedRequest | undefined) => void>();
  const tell = (request?: LoggedRequest): void => {
    for (const listener of listeners) listener(request);
  };
  return {
    get entries() {
      return entries;
    },
    add(request) {
      const list = entries;
      lastId += 1;
      let entry: LoggedRequest = { id: lastId, ...request };
      pushBounded(list, entry, mostRequests);
      forgetDetails(list, list.length - 1 - detailedRequests);
      tell(entry);
      return (later) => {
        // Ids are consecutive, so the first one tells where the others are.
        const index = entry.id - (list[0]?.id ?? 0);
        const kept = list[index];
        entry = { ...(kept ?? entry), ...later };
        if (kept !== undefined) list[index] = entry;
        if (list === entries) tell(entry);
      };
    },
    clear() {
      entries = [];
      tell();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

function forgetDetails(list: LoggedRequest[], index: number): void {
  const entry = list[index];
  if (entry === undefined) return;
  const { params: _params, headers: _headers, answer: _answer, ...rest } = entry;
  list[index] = rest;
}
