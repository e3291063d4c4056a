import { base } from '../phone-page/control-client.ts';
import { clientRows } from './clients-panel.ts';
import { call, type Desk, loadDesk, type WireRequest } from './desk-client.ts';
import { bindFaultForm, faultRows } from './faults-panel.ts';
import { find, textIn } from './find.ts';
import { bindLogStreamForm, eventRows, logStreamRows } from './log-panel.ts';
import { createPanel } from './panel.ts';
import { settingGroups } from './settings-panel.ts';
import { createTimelineView } from './timeline-view.ts';
import { userRows } from './users-panel.ts';

const refreshMs = 1_000;

const announcer = find('#announcer');
let issuer = '';

function say(text: string): void {
  announcer.textContent = text;
  announcer.hidden = text === '';
}

async function act(work: () => Promise<unknown>, done = ''): Promise<void> {
  try {
    await work();
    say(done);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
  await refresh();
}

const timeline = createTimelineView({ issuer: () => issuer, say });
const users = createPanel<Desk['users']>(find('#users'), (data) => userRows(data, act));
const clients = createPanel<Desk>(find('#clients'), clientRows);
const settings = createPanel<Desk['settings']>(find('#settings'), (data) => settingGroups(data, act));
const logStreams = createPanel<Desk['log_streams']>(find('#log-streams'), (data) => logStreamRows(data, act));
const logEvents = createPanel<Desk['log_events']>(find('#log-events'), eventRows);
const faults = createPanel<Desk['faults']>(find('#faults'), faultRows);

async function refresh(): Promise<void> {
  const desk = await loadDesk();
  issuer = desk.issuer;
  find('#issuer').textContent = issuer;
  const time = new Date(desk.now);
  find<HTMLTimeElement>('#clock').dateTime = time.toISOString();
  find('#clock').textContent = time.toLocaleTimeString([], { hour12: false });
  find('#date').textContent = time.toLocaleDateString([], { dateStyle: 'medium' });
  users(desk.users);
  clients({ ...desk, now: 0, users: [], settings: [], faults: [], log_streams: [], log_events: [] });
  settings(desk.settings);
  faults(desk.faults);
  logStreams(desk.log_streams);
  logEvents(desk.log_events);
  const waiting = desk.users.reduce((sum, user) => sum + user.waiting.length, 0);
  find('#waiting').textContent = waiting === 0 ? '' : ` (${waiting} waiting)`;
  find('#fault-count').textContent = desk.faults.length === 0 ? '' : ` (${desk.faults.length} waiting)`;
}

/** Why nothing was loaded: `fetch` fails with a `TypeError`, and what was answered says it itself. */
function reasonOf(error: unknown): string {
  return error instanceof Error && !(error instanceof TypeError)
    ? error.message
    : 'The emulator does not answer';
}

async function keepUpToDate(): Promise<void> {
  const offline = find('#offline');
  try {
    if (!document.hidden) await refresh();
    offline.hidden = true;
    // The tenant was removed and is there again.
    if (events.readyState === EventSource.CLOSED) events = listen();
  } catch (error) {
    // It is being restarted, or its tenant was removed; the next round finds it again.
    offline.textContent = `${reasonOf(error)}. This page goes on when it is back.`;
    offline.hidden = false;
  }
  setTimeout(() => void keepUpToDate(), refreshMs);
}

function bindTools(): void {
  for (const control of document.querySelectorAll<HTMLButtonElement>('[data-advance]')) {
    control.addEventListener('click', () => {
      const ms = Number(control.dataset.advance);
      void act(() => call('POST', 'clock', { advance_ms: ms }), `${control.textContent} on the clock.`);
    });
  }
  const dialog = find<HTMLDialogElement>('#confirm-reset');
  find('#reset').addEventListener('click', () => dialog.showModal());
  dialog.addEventListener('close', () => {
    if (dialog.returnValue === 'reset')
      void act(() => call('POST', 'reset'), 'The tenant is as at the start.');
  });
  const form = find<HTMLFormElement>('#add-user');
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const username = textIn(form, 'username');
    const password = textIn(form, 'password');
    void act(() => call('POST', 'users', { username, password }), `${username} can sign in.`);
    form.reset();
  });
  bindFaultForm(act);
  bindLogStreamForm(act);
}

function listen(): EventSource {
  const source = new EventSource(`${base}_emulator/events`);
  source.addEventListener('reset', () => timeline.clear());
  source.addEventListener('request', ({ data }) => timeline.put(JSON.parse(data) as WireRequest));
  return source;
}

bindTools();
let events = listen();
void keepUpToDate();
