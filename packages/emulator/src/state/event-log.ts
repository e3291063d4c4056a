import { pushBounded } from '../lib/bounded.ts';

/** One event of the tenant's log, spelt as `GET /api/v2/logs` and log streams spell it. */
export interface LogEvent {
  /** Grows with every event of the tenant, also over a reset. */
  readonly log_id: string;
  readonly _id: string;
  /** ISO 8601, by the emulator's clock. */
  readonly date: string;
  /** Such as `gd_send_pn`. */
  readonly type: string;
  readonly description: string;
  readonly client_id?: string;
  readonly client_name?: string;
  readonly connection?: string;
  readonly strategy?: string;
  readonly strategy_type?: string;
  readonly user_id?: string;
  readonly user_name?: string;
  readonly ip: string;
  readonly user_agent: string;
  readonly hostname: string;
  readonly tenant_name: string;
  readonly isMobile: boolean;
  readonly audience?: string;
  readonly scope?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The newest events of a tenant, oldest first. */
export interface EventLog {
  readonly events: readonly LogEvent[];
  add(event: Omit<LogEvent, 'log_id' | '_id'>): void;
  /** Forgets the events; their ids are not given out again. */
  clear(): void;
}

/** How many events a tenant keeps. */
const mostEvents = 5_000;

/** An empty log; `onEvent` is called with every event. */
export function createEventLog(onEvent: (event: LogEvent) => void): EventLog {
  const events: LogEvent[] = [];
  let lastNumber = 0;
  return {
    events,
    add(event) {
      lastNumber += 1;
      const id = `900${event.date.replace(/\D/g, '').slice(0, 14)}${String(lastNumber).padStart(39, '0')}`;
      const entry = { ...event, log_id: id, _id: id };
      pushBounded(events, entry, mostEvents);
      onEvent(entry);
    },
    clear: () => void events.splice(0),
  };
}
