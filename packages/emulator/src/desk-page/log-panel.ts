import { button, element, timeOfDay } from '../phone-page/dom.ts';
import { call, type DeskEvent, type DeskLogStream } from './desk-client.ts';
import { find, textIn } from './find.ts';
import type { Act } from './users-panel.ts';

/** The newest events of the tenant's log. */
export function eventRows(events: readonly DeskEvent[]): Node[] {
  if (events.length === 0) return [element('p', 'small', 'Nothing is logged yet.')];
  return [element('ol', 'events', ...events.map(eventRow))];
}

function eventRow({ date, type, description, user }: DeskEvent): HTMLElement {
  const who = user === undefined ? '' : ` · ${user}`;
  return element(
    'li',
    '',
    element('code', 'chip', type),
    element('span', '', ` ${description}`),
    element('span', 'small', ` ${timeOfDay(Date.parse(date))}${who}`),
  );
}

/** The webhooks, with how they are doing. */
export function logStreamRows(streams: readonly DeskLogStream[], act: Act): Node[] {
  if (streams.length === 0) return [element('p', 'small', 'The log is not sent anywhere.')];
  return streams.map((stream) => streamRow(stream, act));
}

function streamRow(
  { name, endpoint, waiting, sent, lost, last_error }: DeskLogStream,
  act: Act,
): HTMLElement {
  const remove = button('plain', 'Remove', () =>
    act(() => call('DELETE', `log_streams/${encodeURIComponent(name)}`), `${name} gets no more events.`),
  );
  remove.id = `remove-stream-${name}`;
  remove.setAttribute('aria-label', `Remove ${name}`);
  return element(
    'article',
    'client',
    element('h4', '', name),
    element('p', 'small', endpoint),
    element('p', 'small', `${sent} sent, ${waiting} waiting, ${lost} lost`),
    ...(last_error === undefined ? [] : [element('p', 'small', `The last try failed: ${last_error}`)]),
    element('div', 'row-actions', remove),
  );
}

/** Binds the form that adds a log stream. */
export function bindLogStreamForm(act: Act): void {
  const form = find<HTMLFormElement>('#add-log-stream');
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const [name, endpoint, authorization] = ['name', 'endpoint', 'authorization'].map((each) =>
      textIn(form, each).trim(),
    );
    const body = { name, endpoint, ...(authorization !== '' && { authorization }) };
    void act(() => call('POST', 'log_streams', body), `${name} gets the events from now on.`);
    form.reset();
  });
}
