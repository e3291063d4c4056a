import { EmulatorError, invalidRequest } from '../lib/emulator-error.ts';
import { toJsonResponse } from '../request/json-response.ts';
import type { LogEvent } from '../state/event-log.ts';
import { assertScope, type ManagementApp } from './management-request.ts';

const mostOnPage = 100;

/** The tenant's log: newest first, or from a checkpoint on, oldest first. */
export function addLogRoutes(app: ManagementApp): void {
  app.get('/logs', async (c) => {
    const { tenant } = c.env;
    await assertScope(tenant, c.req.raw, 'read:logs');
    const query = c.req.query();
    const { events } = tenant.events;
    if (query.from !== undefined || query.take !== undefined) {
      return toJsonResponse(
        200,
        afterCheckpoint(events, query).map((event) => picked(event, query)),
      );
    }
    const found = sorted(events.filter(matching(query)), query.sort);
    const limit = numberIn(query.per_page, 50, mostOnPage);
    const start = numberIn(query.page, 0) * limit;
    const logs = found.slice(start, start + limit).map((event) => picked(event, query));
    const hasTotals = query.include_totals === 'true';
    return toJsonResponse(
      200,
      hasTotals ? { start, limit, length: logs.length, total: found.length, logs } : logs,
    );
  });
  app.get('/logs/:id', async (c) => {
    const { tenant } = c.env;
    await assertScope(tenant, c.req.raw, 'read:logs');
    const event = tenant.events.events.find(({ log_id: id }) => id === c.req.param('id'));
    if (event === undefined) throw new EmulatorError(404, 'inexistent_log', 'The log does not exist.');
    return toJsonResponse(200, event);
  });
}

type Query = Readonly<Record<string, string>>;

/** What came after an event; all of them where it is gone. */
function afterCheckpoint(events: readonly LogEvent[], { from, take }: Query): readonly LogEvent[] {
  const start = from === undefined ? 0 : events.findIndex(({ log_id: id }) => id === from) + 1;
  return events.slice(start, start + numberIn(take, 50, mostOnPage));
}

function numberIn(text: string | undefined, fallback: number, most = Number.MAX_SAFE_INTEGER): number {
  if (text === undefined) return fallback;
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= most) return number;
  throw invalidRequest(`${text} is not a whole number from 0 to ${most}`);
}

/** By date, newest first unless `sort` is `date:1`. */
function sorted(events: readonly LogEvent[], sort: string | undefined): readonly LogEvent[] {
  return sort === 'date:1' ? events : events.toReversed();
}

/**
 * A query of `name:value` terms, joined with `AND`, or `OR` between values of one name in brackets. In `q` a word alone is a
 * type, and values match as a whole; in `search`, which is older, a word alone is a client, a connection or a user, and
 * values match by their beginning. It is a small part of what Auth0 takes.
 */
function matching({ q, search }: Query): (event: LogEvent) => boolean {
  const conditions = [
    ...termsOf(q).map(({ name, values }) => ({ names: [name ?? 'type'], isMatch: equals(values) })),
    ...termsOf(search).map(({ name, values }) => ({
      names: name === undefined ? ['client_name', 'connection', 'user_name'] : [name],
      isMatch: startsWith(values),
    })),
  ];
  return (event) => {
    const members = new Map<string, unknown>(Object.entries(event));
    return conditions.every(({ names, isMatch }) => names.some((name) => isMatch(members.get(name))));
  };
}

interface Term {
  readonly name: string | undefined;
  readonly values: readonly string[];
}

function termsOf(query = ''): Term[] {
  const terms = query.split(/\s+AND\s+/).filter((text) => text.trim() !== '');
  return terms.map((text) => {
    const [, name, rest = ''] = /^(?:([\w.]+):)?(.+)$/.exec(text.trim()) ?? [];
    const values = rest.replace(/^\(|\)$/g, '').split(/\s+OR\s+/);
    return { name, values: values.map((value) => value.trim().replace(/^"|"$/g, '')) };
  });
}

function equals(values: readonly string[]): (member: unknown) => boolean {
  return (member) => values.some((value) => value === member);
}

function startsWith(values: readonly string[]): (member: unknown) => boolean {
  return (member) =>
    typeof member === 'string' &&
    values.some((value) => member.toLowerCase().startsWith(value.toLowerCase()));
}

function picked(event: LogEvent, { fields, include_fields: isIncluded }: Query): Partial<LogEvent> {
  if (fields === undefined) return event;
  const names = fields.split(',').map((name) => name.trim());
  const isWanted = (name: string): boolean => names.includes(name) === (isIncluded !== 'false');
  return Object.fromEntries(Object.entries(event).filter(([name]) => isWanted(name)));
}
