/** An element with a class and content; strings become text, never markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  className: string,
  ...content: readonly (string | Node)[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(name);
  if (className !== '') node.className = className;
  node.append(...content);
  return node;
}

/** A button that cannot be pressed twice, unless what it does failed. */
export function button(className: string, label: string, act: () => Promise<void>): HTMLButtonElement {
  const node = element('button', className, label);
  node.type = 'button';
  node.addEventListener('click', () => {
    node.disabled = true;
    act().catch(() => {
      node.disabled = false;
    });
  });
  return node;
}

const strokes = {
  shield: 'M12 3l7 2.7v5.4c0 4.2-2.9 7.4-7 8.9-4.1-1.5-7-4.7-7-8.9V5.7zM9 11.8l2.2 2.2 4-4.2',
  camera:
    'M4 8V5a1 1 0 011-1h3M16 4h3a1 1 0 011 1v3M20 16v3a1 1 0 01-1 1h-3M8 20H5a1 1 0 01-1-1v-3M8 8h3v3H8zM13 13h3v3h-3z',
  key: 'M14.5 9.5a4 4 0 11-3-3.9 4 4 0 013 3.9zM13.3 12.3L20 19M17 16l2-2',
  sms: 'M4 5h16v11H9l-5 4z',
  voice: 'M6 4h3l1.5 4-2 1.5a12 12 0 006 6l1.5-2 4 1.5v3a2 2 0 01-2 2A15 15 0 014 6a2 2 0 012-2z',
  email: 'M4 6h16v12H4zM4 7l8 6 8-6',
  phone: 'M8 3h8a1 1 0 011 1v16a1 1 0 01-1 1H8a1 1 0 01-1-1V4a1 1 0 011-1zM11 18h2',
  lifebuoy:
    'M12 3a9 9 0 100 18 9 9 0 000-18zM12 8.5a3.5 3.5 0 100 7 3.5 3.5 0 000-7zM5.8 5.8l3.7 3.7M14.5 14.5l3.7 3.7M18.2 5.8l-3.7 3.7M9.5 14.5l-3.7 3.7',
} as const;

/** The name of a drawing. */
export type IconName = keyof typeof strokes;

/** A line drawing in the colour of the text, which screen readers skip. */
export function icon(name: IconName): Element {
  const namespace = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(namespace, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(namespace, 'path');
  path.setAttribute('d', strokes[name]);
  svg.append(path);
  const badge = element('span', `icon ${name}`);
  badge.append(svg);
  return badge;
}

/** A time of day. */
export function timeOfDay(at: number): string {
  return new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}

/** The time that is left until `at`, kept up to date by {@link updateCountdowns}. */
export function countdown(at: number): HTMLElement {
  const node = element('span', 'countdown');
  node.setAttribute('role', 'timer');
  node.dataset.until = String(at);
  return node;
}

/** Writes a text into an element unless it is there already, since every change makes the browser paint. */
function write(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Writes what is left into every countdown. */
export function updateCountdowns(root: ParentNode, now: number): void {
  for (const node of root.querySelectorAll<HTMLElement>('[data-until]')) {
    const seconds = Math.max(0, Math.ceil((Number(node.dataset.until) - now) / 1000));
    write(node, `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`);
  }
}

/** Writes the time of day into the phone's clock. */
export function updateClock(node: HTMLElement, now: number): void {
  write(node, new Date(now).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }));
}
