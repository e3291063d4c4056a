import { renderSVG } from 'uqr';
import type { Phone } from './control/phone.ts';
import { toWirePhone } from './control-api/wire-phone.ts';
import { createAnnouncer } from './phone-page/announcer.ts';
import { element, updateClock, updateCountdowns } from './phone-page/dom.ts';
import { phoneStyles } from './phone-page/phone-styles.ts';
import { createScreen } from './phone-page/screen.ts';

const refreshMs = 250;

/** In a shadow root there is no root and no body; the phone takes the width that it is given. */
const mountedStyles = `${phoneStyles.replaceAll(':root', ':host').replaceAll(/^( *)body \{/gm, '$1.none {')}
:host {
  display: block;
  color: var(--text);
}

.phone {
  inline-size: 100%;
  block-size: 100%;
  min-block-size: 30rem;
}
`;

/** A phone on a page. */
export interface MountedPhone {
  /** Takes the phone off the page. */
  remove(): void;
}

/**
 * Shows a user's phone in an element of a page: QR codes to scan, pushes to answer, codes and messages to read. It is drawn
 * in a shadow root, so the page's styles and the phone's do not meet.
 *
 * ```ts
 * const emulator = createEmulator();
 * mountPhone(document.querySelector('#phone'), emulator.phone('ada'));
 * ```
 */
export function mountPhone(host: Element, phone: Phone): MountedPhone {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(mountedStyles);
  root.adoptedStyleSheets = [sheet];
  const clock = element('time', '');
  clock.id = 'clock';
  const area = element('div', '');
  Object.assign(area, { id: 'screen', tabIndex: 0, role: 'region', ariaLabel: 'Screen' });
  const header = element('header', '', element('h1', '', `Phone of ${phone.username}`), clock);
  const frame = element('section', 'phone', header, area);
  frame.setAttribute('aria-label', `Phone of ${phone.username}`);
  const announcer = element('p', '');
  Object.assign(announcer, { id: 'announcer', role: 'status' });
  frame.append(announcer);
  root.replaceChildren(frame);
  const announce = createAnnouncer(announcer);

  const screen = createScreen(area, {
    async scan(barcodeUri) {
      phone.scan(barcodeUri);
      refresh();
    },
    async decide(id, decision) {
      phone[decision](id);
      refresh();
    },
    toQrCode: (text) => `data:image/svg+xml,${encodeURIComponent(renderSVG(text, { border: 2, ecc: 'L' }))}`,
  });

  function refresh(): void {
    const view = toWirePhone(phone);
    if (view === undefined) {
      screen.clear();
      return;
    }
    screen.render(view);
    announce(view);
    updateCountdowns(area, view.now);
    updateClock(clock, view.now);
  }

  refresh();
  const timer = setInterval(refresh, refreshMs);
  return {
    remove() {
      clearInterval(timer);
      root.replaceChildren();
    },
  };
}
