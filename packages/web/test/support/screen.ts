/** A drawn flow, as a user sees it. */
export interface DrawnScreen {
  readonly heading: string;
  readonly text: string;
  /** The names of the buttons and links, in order. Those that cannot be pressed yet are in brackets. */
  readonly buttons: readonly string[];
  /** What the live region says. */
  readonly said: string;
  press(name: string): void;
  input(): HTMLInputElement;
  /** The description of the input. */
  description(): string;
  type(value: string): void;
  submit(): void;
}

/** Reads what is drawn in `root`. */
export function screenIn(root: Element | ShadowRoot): DrawnScreen {
  const all = (selector: string): HTMLElement[] => [...root.querySelectorAll<HTMLElement>(selector)];
  const one = <T extends HTMLElement>(selector: string): T => {
    const found = root.querySelector<T>(selector);
    if (found === null) throw new Error(`there is no ${selector}`);
    return found;
  };
  return {
    get heading() {
      return one('h1').textContent ?? '';
    },
    get text() {
      return one('section').textContent ?? '';
    },
    get buttons() {
      return all('button, a').map((element) =>
        element.getAttribute('aria-disabled') === 'true'
          ? `[${element.textContent}]`
          : `${element.textContent}`,
      );
    },
    get said() {
      return one('[role="status"]').textContent ?? '';
    },
    press(name) {
      const found = all('button, a').find((element) => element.textContent?.startsWith(name));
      if (found === undefined) throw new Error(`there is no button "${name}"`);
      found.click();
    },
    input: () => one<HTMLInputElement>('form input'),
    description: () =>
      (one('form input').getAttribute('aria-describedby') ?? '')
        .split(' ')
        .filter((id) => id !== '')
        .map((id) => one(`#${id}`).textContent)
        .join(' '),
    type(value) {
      one<HTMLInputElement>('form input').value = value;
    },
    submit() {
      one('form').dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
    },
  };
}
