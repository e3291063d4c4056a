import { base } from '../phone-page/control-client.ts';
import { button, element } from '../phone-page/dom.ts';
import { call, type DeskUser, type WaitingOnPhone } from './desk-client.ts';

/** Runs what a button does; what the emulator refuses is said on the page. */
export type Act = (act: () => Promise<unknown>, done?: string) => Promise<void>;

/** The users, each with a phone, what waits on it, and what is enrolled. */
export function userRows(users: readonly DeskUser[], act: Act): Node[] {
  // Those whose phones wait for somebody come first.
  const sorted = users.toSorted((a, b) => Math.sign(b.waiting.length) - Math.sign(a.waiting.length));
  return sorted.map((user) => userRow(user, act));
}

function userRow({ username, sub, factors, waiting }: DeskUser, act: Act): HTMLElement {
  const path = `users/${encodeURIComponent(username)}`;
  const phone = element('a', 'plain', 'Phone');
  phone.href = `${base}_emulator/phone?user=${encodeURIComponent(username)}`;
  phone.setAttribute('aria-label', `Phone of ${username}`);
  const tool = (label: string, work: () => Promise<unknown>, done: string): HTMLButtonElement => {
    const node = button('plain', label, () => act(work, done));
    node.id = `${label}-${username}`;
    node.setAttribute('aria-label', `${label} ${username}`);
    return node;
  };
  const enroll = tool(
    'Enrol push',
    () => call('POST', `${path}/factors`, { factor: 'push' }),
    `${username} has a phone that takes pushes.`,
  );
  const reset = tool('Reset', () => call('POST', `${path}/reset`), `${username} is as at the start.`);
  const remove = tool('Remove', () => call('DELETE', path), `${username} is gone.`);
  return element(
    'article',
    'user',
    element('h3', '', username),
    element('p', 'small', sub),
    element(
      'p',
      'chips',
      ...(factors.length === 0
        ? ['nothing enrolled']
        : factors.map((factor) => element('span', 'chip', factor))),
    ),
    ...waiting.map((each) => waitingRow(username, each, act)),
    element('div', 'row-actions', phone, ...(factors.includes('push') ? [] : [enroll]), reset, remove),
  );
}

function waitingRow(username: string, { kind, id, client, message }: WaitingOnPhone, act: Act): HTMLElement {
  const phone = `phone/${encodeURIComponent(username)}`;
  if (kind === 'scan') {
    const scan = button('yes', 'Scan', () => act(() => call('POST', `${phone}/scan`, { barcode_uri: id })));
    return element('div', 'waiting', element('p', '', `${client} shows a QR code`), scan);
  }
  const decide = (decision: 'approve' | 'deny') => () =>
    act(() => call('POST', `${phone}/notifications/${encodeURIComponent(id)}`, { decision }));
  return element(
    'div',
    'waiting',
    element('p', '', `${client} asks for approval${message === undefined ? '' : `: ${message}`}`),
    button('no', 'Deny', decide('deny')),
    button('yes', 'Approve', decide('approve')),
  );
}
