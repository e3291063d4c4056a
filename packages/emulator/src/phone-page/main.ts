import { createAnnouncer } from './announcer.ts';
import { decide, loadPhone, loadUsernames, scan } from './control-client.ts';
import { updateCountdowns } from './dom.ts';
import { createScreen } from './screen.ts';

const refreshMs = 500;

const account = find<HTMLSelectElement>('#account');
const clock = find<HTMLTimeElement>('#clock');
const announce = createAnnouncer(find<HTMLElement>('#announcer'));
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
  toQrCode: (text) => `/_emulator/qr.svg?text=${encodeURIComponent(text)}`,
});

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
