interface Wire {
  readonly enrollments: readonly { barcode_uri: string; kind: string; created_at: number }[];
  readonly notifications: readonly {
    id: string;
    status: string;
    client: string;
    account: string;
    created_at: number;
  }[];
  readonly codes: readonly { authenticator_id: string; account: string; code: string; expires_at: number }[];
  readonly messages: readonly { id: string; channel: string; to: string; text: string; created_at: number }[];
  readonly authenticators: readonly {
    id: string;
    active: boolean;
    authenticator_type: string;
    name?: string;
  }[];
}

const REFRESH_MS = 500;
const OLD_PUSHES_SHOWN = 3;

const account = document.querySelector('#account') as HTMLSelectElement;
const screen = document.querySelector('#screen') as HTMLElement;
const clock = document.querySelector('#clock') as HTMLTimeElement;
let shown = '';

function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  className: string,
  ...content: (string | Node)[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(name);
  if (className !== '') node.className = className;
  node.append(...content);
  return node;
}

function button(className: string, label: string, act: () => Promise<unknown>): HTMLButtonElement {
  const node = element('button', className, label);
  node.addEventListener('click', () => {
    node.disabled = true;
    void act().then(refresh);
  });
  return node;
}

function time(at: number): string {
  return new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}

function path(rest = ''): string {
  return `/_emulator/phone/${encodeURIComponent(account.value)}${rest}`;
}

function post(rest: string, body: unknown): Promise<Response> {
  return fetch(path(rest), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

function section(title: string, cards: readonly Node[]): readonly Node[] {
  return cards.length === 0 ? [] : [element('h2', '', title), ...cards];
}

function pushCard({ id, status, client, account: owner, created_at }: Wire['notifications'][number]): Node {
  const isPending = status === 'pending';
  const card = element(
    'article',
    `card push ${status}`,
    element('h3', '', isPending ? `Is it you at ${client}?` : `${client}: ${status}`),
    element('p', '', `${owner} · ${time(created_at)}`),
  );
  if (isPending) {
    const answer = (decision: string) => () => post(`/notifications/${encodeURIComponent(id)}`, { decision });
    card.append(
      element(
        'div',
        'actions',
        button('no', 'Deny', answer('deny')),
        button('yes', 'Approve', answer('approve')),
      ),
    );
  }
  return card;
}

function scanCard({ barcode_uri, kind, created_at }: Wire['enrollments'][number]): Node {
  const what = kind === 'push' ? 'Add this phone for approvals' : 'Add a one-time password';
  const scan = button('yes', 'Scan', () => post('/scan', { barcode_uri }));
  return element(
    'article',
    'card',
    element('h3', '', what),
    element('p', '', `A QR code is on a screen since ${time(created_at)}`),
    element('div', 'actions', scan),
  );
}

function render(view: Wire): void {
  const newestFirst = [...view.notifications].reverse();
  const pending = newestFirst.filter(({ status }) => status === 'pending');
  const old = newestFirst.filter(({ status }) => status !== 'pending').slice(0, OLD_PUSHES_SHOWN);
  const isIdle = pending.length === 0 && view.enrollments.length === 0;
  screen.replaceChildren(
    ...section('Waiting for your answer', pending.map(pushCard)),
    ...section('In front of the camera', view.enrollments.map(scanCard)),
    ...(isIdle ? [element('p', 'empty', 'Nothing to answer. Requests and QR codes show up here.')] : []),
    ...section(
      'Codes',
      view.codes.map(({ account: owner, code, expires_at }) =>
        element(
          'article',
          'card',
          element('div', 'code', code),
          element('p', '', `${owner} · good until ${time(expires_at)}`),
        ),
      ),
    ),
    ...section(
      'Messages',
      [...view.messages]
        .reverse()
        .map(({ channel, to, text, created_at }) =>
          element(
            'article',
            'card',
            element('h3', '', text),
            element('p', '', `${channel} to ${to} · ${time(created_at)}`),
          ),
        ),
    ),
    ...section('Earlier', old.map(pushCard)),
  );
}

async function refresh(): Promise<void> {
  const response = await fetch(path());
  if (!response.ok) return;
  const text = await response.text();
  // Only what changed is drawn again: a button keeps its focus, and a screen reader is not told the same twice.
  if (text === shown) return;
  shown = text;
  render(JSON.parse(text) as Wire);
}

async function loadAccounts(): Promise<void> {
  const users = (await (await fetch('/_emulator/users')).json()) as readonly { username: string }[];
  const names = users.map(({ username }) => username);
  if (names.join() === [...account.options].map(({ value }) => value).join()) return;
  const wanted = account.value || new URL(location.href).searchParams.get('user') || '';
  account.replaceChildren(...names.map((name) => new Option(name, name)));
  if (names.includes(wanted)) account.value = wanted;
}

async function tick(): Promise<void> {
  try {
    await loadAccounts();
    await refresh();
  } catch {
    // The emulator is being restarted; the next tick finds it again.
  }
  clock.textContent = new Date().toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  setTimeout(() => void tick(), REFRESH_MS);
}

account.addEventListener('change', () => {
  shown = '';
  void refresh();
});
void tick();

export {};
