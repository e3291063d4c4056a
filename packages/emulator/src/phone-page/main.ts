import { decide, loadPhone, loadUsernames, scan, type WirePhone } from './control-client.ts';
import { updateCountdowns } from './dom.ts';
import { createScreen } from './screen.ts';

const refreshMs = 500;

const account = find<HTMLSelectElement>('#account');
const clock = find<HTMLTimeElement>('#clock');
const announcer = find<HTMLElement>('#announcer');
const root = find<HTMLElement>('#screen');
const screen = createScreen(root, {
  async scan(barcodeUri) {
    await scan(account.value, barcodeUri);
    await refresh();
  },
  async decide(id, decision) {
    await decide(account.value, id, decision);
    await refresh();
  },
});

let announced = new Set<string>();

function find<T extends Element>(selector: string): T {
  const node = document.querySelector<T>(selector);
  if (node === null) throw new Error(`The page has no ${selector}`);
  return node;
}

async function refresh(): Promise<void> {
  const username = account.value;
  if (username === '') return;
  const phone = await loadPhone(username);
  // The account was changed while this answer was on its way.
  if (username !== account.value) return;
  screen.render(phone);
  updateCountdowns(root, phone.now);
  clock.textContent = new Date(phone.now).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  announce(phone);
}

/** Tells a screen reader what has arrived, once. */
function announce({ notifications, enrollments }: WirePhone): void {
  const pushes = notifications.filter(({ status }) => status === 'pending');
  const arrived = new Map([
    ...pushes.map(({ id, client }) => [id, `${client} asks for your approval`] as const),
    ...enrollments.map(
      ({ barcode_uri, client }) => [barcode_uri, `A QR code of ${client} waits to be scanned`] as const,
    ),
  ]);
  const fresh = [...arrived].filter(([id]) => !announced.has(id));
  announced = new Set(arrived.keys());
  if (fresh.length > 0) announcer.textContent = fresh.map(([, text]) => text).join('. ');
}

async function refreshAccounts(): Promise<void> {
  const usernames = await loadUsernames();
  const shown = [...account.options].map(({ value }) => value);
  if (usernames.join('\n') === shown.join('\n')) return;
  const wanted = account.value || new URL(location.href).searchParams.get('user');
  account.replaceChildren(...usernames.map((username) => new Option(username, username)));
  if (wanted !== null && usernames.includes(wanted)) account.value = wanted;
}

async function keepUpToDate(): Promise<void> {
  try {
    await refreshAccounts();
    await refresh();
  } catch {
    // The emulator is being restarted; the next round finds it again.
  }
  setTimeout(() => void keepUpToDate(), refreshMs);
}

account.addEventListener('change', () => {
  screen.clear();
  history.replaceState(null, '', `?user=${encodeURIComponent(account.value)}`);
  void refresh();
});
void keepUpToDate();
