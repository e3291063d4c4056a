import type { WireRequest } from './desk-client.ts';
import { isPendingPoll, isShown, noFilter, type RequestFilter } from './filter.ts';
import { find } from './find.ts';
import { createRequestRow, type RequestRow, type RowActions } from './request-row.ts';

/** How many rows the page keeps. */
const mostRows = 1_000;

interface Entry {
  request: WireRequest;
  readonly row: RequestRow;
}

/** The requests on the page, newest first, as its filter wants them. */
export interface TimelineView {
  /** Adds a request, or changes the one with its id. */
  put(request: WireRequest): void;
  clear(): void;
}

/** Binds the list, the filter and the keyboard. */
export function createTimelineView(actions: Pick<RowActions, 'issuer' | 'say'>): TimelineView {
  const list = find<HTMLOListElement>('#requests');
  const search = find<HTMLInputElement>('#search');
  const username = find<HTMLSelectElement>('#by-user');
  const flow = find<HTMLSelectElement>('#by-flow');
  const outcome = find<HTMLSelectElement>('#by-outcome');
  const polls = find<HTMLInputElement>('#with-polls');
  const count = find<HTMLElement>('#count');
  const entries = new Map<number, Entry>();

  function filter(): RequestFilter {
    return {
      text: search.value,
      username: username.value,
      flow: flow.value,
      outcome: outcome.value as RequestFilter['outcome'],
      hasPolls: polls.checked,
    };
  }

  function apply(): void {
    const wanted = filter();
    for (const { request, row } of entries.values()) row.node.hidden = !isShown(request, wanted);
    tell();
  }

  function tell(): void {
    const all = [...entries.values()];
    const shown = all.filter(({ row }) => !row.node.hidden).length;
    const folded = polls.checked ? 0 : all.filter(({ request }) => isPendingPoll(request)).length;
    const parts = [shown === all.length ? `${all.length}` : `${shown} of ${all.length}`, ' requests'];
    if (folded > 0) parts.push(`, ${folded} pending ${folded === 1 ? 'poll' : 'polls'} hidden`);
    count.textContent = parts.join('');
    find('#nothing').hidden = shown > 0;
    find('#nothing').textContent =
      all.length === 0
        ? 'No request yet. Point an app at this tenant, and its requests show up here.'
        : 'No request matches the filter.';
  }

  function offer(select: HTMLSelectElement, value: string, label: string): void {
    if ([...select.options].some((option) => option.value === value)) return;
    select.add(new Option(label, value), select === flow ? 1 : undefined);
  }

  function showOnly(wanted: { readonly username?: string; readonly flow?: string }): void {
    username.value = wanted.username ?? '';
    flow.value = wanted.flow ?? '';
    apply();
  }

  function clearFilter(): void {
    search.value = noFilter.text;
    outcome.value = noFilter.outcome;
    showOnly({});
  }

  for (const control of [search, username, flow, outcome, polls]) control.addEventListener('input', apply);
  find('#clear-filter').addEventListener('click', clearFilter);
  document.addEventListener('keydown', (event) => {
    if (event.key === '/' && !isTyping(event)) {
      event.preventDefault();
      search.focus();
    }
    if (event.key === 'Escape' && event.target === search) clearFilter();
  });
  list.addEventListener('keydown', (event) => moveFocus(event, list));
  tell();

  return {
    put(request) {
      const known = entries.get(request.id);
      if (request.username !== undefined) offer(username, request.username, request.username);
      if (request.flow !== undefined) offer(flow, String(request.flow), `flow ${request.flow}`);
      if (known !== undefined) {
        known.request = request;
        known.row.update(request);
        known.row.node.hidden = !isShown(request, filter());
        tell();
        return;
      }
      const row = createRequestRow(request, { ...actions, showOnly });
      row.node.hidden = !isShown(request, filter());
      entries.set(request.id, { request, row });
      list.prepend(row.node);
      for (const [id, old] of entries) {
        if (entries.size <= mostRows) break;
        old.row.node.remove();
        entries.delete(id);
      }
      tell();
    },
    clear() {
      entries.clear();
      list.replaceChildren();
      for (const select of [username, flow]) select.length = 1;
      tell();
    },
  };
}

function isTyping({ target }: KeyboardEvent): boolean {
  return target instanceof HTMLElement && target.matches('input, select, textarea');
}

/** Arrow keys go from row to row. */
function moveFocus(event: KeyboardEvent, list: HTMLElement): void {
  if (!['ArrowDown', 'ArrowUp'].includes(event.key) || !(event.target instanceof HTMLElement)) return;
  if (!event.target.matches('summary')) return;
  const rows = [...list.querySelectorAll<HTMLElement>('li:not([hidden]) summary')];
  const next = rows[rows.indexOf(event.target) + (event.key === 'ArrowDown' ? 1 : -1)];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}
