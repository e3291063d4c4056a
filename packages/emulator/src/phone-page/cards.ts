import type {
  WireAuthenticator,
  WireCode,
  WireEnrollment,
  WireMessage,
  WireNotification,
} from './control-client.ts';
import { toShownDetail } from './details.ts';
import { button, countdown, element, type IconName, icon, timeOfDay } from './dom.ts';

function factList(facts: readonly (readonly [string, string | Node])[]): HTMLElement {
  const rows = facts.map(([name, value]) =>
    element('div', '', element('dt', '', name), element('dd', '', value)),
  );
  return element('dl', 'facts', ...rows);
}

/** What is approved, one list for each of the `authorization_details`. */
function detailsOf(details: readonly unknown[]): HTMLElement[] {
  return details
    .map(toShownDetail)
    .flatMap(({ title, facts }) => [element('p', 'detail', title), factList(facts)]);
}

/** A push that waits for an answer. */
export function pushCard(
  push: WireNotification,
  answer: (decision: 'approve' | 'deny') => Promise<void>,
): HTMLElement {
  const facts = factList([
    ['Account', push.account],
    ...(push.scope === undefined ? [] : [['Scopes', push.scope] as const]),
    ...(push.audience === undefined ? [] : [['For', push.audience] as const]),
    ['Asked at', timeOfDay(push.created_at)],
    ['Time left', countdown(push.expires_at)],
  ]);
  return element(
    'article',
    'card push',
    element('header', '', icon('shield'), element('h3', '', `Is this you at ${push.client}?`)),
    ...(push.message === undefined ? [] : [element('p', 'message', push.message)]),
    ...detailsOf(push.details ?? []),
    facts,
    element(
      'div',
      'actions',
      button('no', 'Deny', () => answer('deny')),
      button('yes', 'Approve', () => answer('approve')),
    ),
  );
}

/** A QR code in front of the camera. */
export function scanCard(enrollment: WireEnrollment, qrCode: string, scan: () => Promise<void>): HTMLElement {
  const image = element('img', '');
  image.src = qrCode;
  image.alt = `QR code of ${enrollment.client}`;
  const purpose = enrollment.kind === 'push' ? 'approve on this phone' : 'get codes on this phone';
  return element(
    'article',
    'card scan',
    element('div', 'finder', image),
    element('h3', '', `${enrollment.client}: ${purpose}`),
    element(
      'p',
      '',
      `Shown since ${timeOfDay(enrollment.created_at)}, good for `,
      countdown(enrollment.expires_at),
    ),
    element('div', 'actions', button('yes', 'Scan', scan)),
  );
}

/** A one-time password. */
export function codeCard({ account, code, expires_at }: WireCode): HTMLElement {
  const spaced = element('strong', 'code', `${code.slice(0, 3)} ${code.slice(3)}`);
  const digits = element('div', '', spaced, element('p', '', account));
  return element('article', 'card row', icon('key'), digits, countdown(expires_at));
}

const channels = { sms: 'SMS', voice: 'Call', email: 'E-mail' } as const;

/** An SMS, a call or an e-mail. */
export function messageCard({ channel, to, text, created_at }: WireMessage): HTMLElement {
  const from = element('p', '', `${channels[channel]} to ${to} · ${timeOfDay(created_at)}`);
  return element('article', 'card row', icon(channel), element('div', '', element('h3', '', text), from));
}

/** A push that is over. */
export function pastPushRow({ client, status, created_at }: WireNotification): HTMLElement {
  return element(
    'li',
    `past ${status}`,
    element('span', 'dot'),
    element('span', 'name', client),
    element('span', 'note', `${status} · ${timeOfDay(created_at)}`),
  );
}

const kinds: Readonly<Record<string, { readonly label: string; readonly icon: IconName }>> = {
  push: { label: 'Push', icon: 'shield' },
  totp: { label: 'One-time password', icon: 'key' },
  sms: { label: 'SMS', icon: 'sms' },
  voice: { label: 'Call', icon: 'voice' },
  email: { label: 'E-mail', icon: 'email' },
  'recovery-code': { label: 'Recovery code', icon: 'lifebuoy' },
};

/** An authenticator of the account. */
export function authenticatorRow({ id, active, name }: WireAuthenticator): HTMLElement {
  const kind = kinds[id.split('|')[0] ?? ''] ?? { label: id, icon: 'phone' };
  return element(
    'li',
    active ? 'authenticator active' : 'authenticator',
    icon(kind.icon),
    element('span', 'name', name === undefined ? kind.label : `${kind.label} · ${name}`),
    element('span', 'note', active ? 'active' : 'not confirmed'),
  );
}
