import { authenticatorRow, codeCard, messageCard, pastPushRow, pushCard, scanCard } from './cards.ts';
import type { WirePhone } from './control-client.ts';
import { element, icon } from './dom.ts';

/** What a press on the screen does. */
export interface ScreenActions {
  scan(barcodeUri: string): Promise<void>;
  decide(id: string, decision: 'approve' | 'deny'): Promise<void>;
  /** Where the image of a QR code is. */
  toQrCode(text: string): string;
}

const pastPushesShown = 4;
const messagesShown = 6;

/** The screen, whose sections are drawn again only when they changed: a button keeps its focus. */
export function createScreen(
  root: HTMLElement,
  actions: ScreenActions,
): { render(phone: WirePhone): void; clear(): void; say(text: string): void } {
  const sections = new Map<string, { readonly node: HTMLElement; drawn: string }>();

  function draw(name: string, title: string, data: readonly unknown[], content: () => readonly Node[]): void {
    const section = sections.get(name) ?? { node: root.appendChild(element('section', name)), drawn: '[]' };
    sections.set(name, section);
    const drawn = JSON.stringify(data);
    if (drawn === section.drawn) return;
    section.drawn = drawn;
    section.node.replaceChildren(...(data.length === 0 ? [] : [element('h2', '', title), ...content()]));
  }

  function clear(...instead: readonly Node[]): void {
    sections.clear();
    root.replaceChildren(...instead);
  }

  return {
    render({ notifications, enrollments, codes, messages, authenticators }) {
      if (sections.size === 0) clear();
      const newestFirst = notifications.toReversed();
      const pending = newestFirst.filter(({ status }) => status === 'pending');
      const past = newestFirst.filter(({ status }) => status !== 'pending').slice(0, pastPushesShown);
      const codesToScan = enrollments.toReversed();
      const inbox = messages.toReversed().slice(0, messagesShown);
      draw('pushes', 'Waiting for your answer', pending, () =>
        pending.map((push) => pushCard(push, (decision) => actions.decide(push.id, decision))),
      );
      draw('camera', 'In front of the camera', codesToScan, () =>
        codesToScan.map((each) =>
          scanCard(each, actions.toQrCode(each.barcode_uri), () => actions.scan(each.barcode_uri)),
        ),
      );
      const isIdle = pending.length === 0 && enrollments.length === 0;
      draw('idle', 'Nothing to answer', isIdle ? ['idle'] : [], () => [
        icon('shield'),
        element('p', '', 'Requests and QR codes show up here by themselves.'),
      ]);
      draw('codes', 'Codes', codes, () => codes.map(codeCard));
      draw('messages', 'Messages', inbox, () => inbox.map(messageCard));
      draw('history', 'Answered', past, () => [element('ul', 'list', ...past.map(pastPushRow))]);
      draw('account', 'Enrolled for this account', authenticators, () => [
        element('ul', 'list', ...authenticators.map(authenticatorRow)),
      ]);
    },
    clear: () => clear(),
    say: (text) => clear(element('p', 'empty', text)),
  };
}
