import { createAnnouncer } from './announcer.ts';
import { decide, followPhone, scan, type WirePhone } from './control-client.ts';
import { updateClock, updateCountdowns } from './dom.ts';
import { createScreen } from './screen.ts';

const account = find<HTMLSelectElement>('#account');
const clock = find<HTMLTimeElement>('#clock');
const announce = createAnnouncer(find<HTMLElement>('#announcer'));
const root = find<HTMLElement>('#screen');
const screen = createScreen(root, {
  scan: (barcodeUri) => scan(account.value, barcodeUri),
  decide: (id, decision) => decide(account.value, id, decision),
  toQrCode: (text) => `/_emulator/qr.svg?text=${encodeURIComponent(text)}`,
});

function find<T extends Element>(selector: string): T {
  const node = document.querySelector<T>(selector);
  if (node === null) throw new Error(`The page has no ${selector}`);
  return node;
}

function show(phone: WirePhone): void {
  screen.render(phone);
  updateCountdowns(root, phone.now);
  updateClock(clock, phone.now);
  announce(phone);
}

let chosen = new URL(location.href).searchParams.get('user') ?? '';
let stop = (): void => undefined;

/**
 * Follows the phone of the chosen account, and no longer that of another. A browser allows a host six connections: a page
 * that nobody sees keeps none.
 */
function follow(): void {
  stop();
  if (document.hidden) return;
  stop = followPhone(chosen, { phone: show, users: offer, gone });
}

function choose(username: string): void {
  chosen = username;
  screen.clear();
  follow();
}

function gone(): void {
  account.replaceChildren();
  screen.say('This tenant was removed. Reload the page when it is there again.');
}

/** Offers the accounts there are. If the chosen one is gone, the first takes its place. */
function offer(usernames: readonly string[]): void {
  account.replaceChildren(...usernames.map((username) => new Option(username, username)));
  if (usernames.includes(chosen)) account.value = chosen;
  else if (account.value !== '') choose(account.value);
}

account.addEventListener('change', () => {
  history.replaceState(null, '', `?user=${encodeURIComponent(account.value)}`);
  choose(account.value);
});
document.addEventListener('visibilitychange', follow);
follow();
