import type { StepUpActor } from '@stepgate/core';
import type { StepUpAction } from '../screens/step-up-action.ts';
import type { Texts } from '../texts/texts.ts';
import { flowStyles } from '../ui/flow-styles.ts';
import { renderFlow } from '../ui/render-flow.ts';

const dialogStyles = `
:host { color-scheme: light dark; }
::slotted([slot="logo"]) { display: block; max-inline-size: 100%; max-block-size: 3rem; margin: 0 auto 1.5rem; }
dialog { inline-size: min(27.5rem, 100% - 2rem); max-inline-size: none; max-block-size: calc(100dvh - 2rem); margin: auto; padding: 0; border: 0; border-radius: var(--stepgate-radius, 20px); background: none; overflow: auto; overscroll-behavior: contain; }
dialog::backdrop { background: #0a0d1499; backdrop-filter: blur(3px); }
@media (prefers-reduced-transparency: reduce) { dialog::backdrop { backdrop-filter: none; } }
@media (prefers-reduced-motion: no-preference) {
  dialog[open] { animation: stepgate-rise .22s cubic-bezier(.2, .8, .3, 1); }
  dialog[open]::backdrop { animation: stepgate-fade .22s ease-out; }
}
@keyframes stepgate-rise { from { opacity: 0; transform: translateY(10px) scale(.985); } }
@keyframes stepgate-fade { from { opacity: 0; } }
`;

/** How long "Confirmed" stays on the screen. */
const FAREWELL_MS = 1_100;

interface ShowOptions {
  /** What the approval is for. */
  readonly action?: StepUpAction | undefined;
  /** The number or address that the user has just typed and that the code goes to. */
  readonly destination?: string | undefined;
}

// A server that renders the app can load this module without a document.
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

/** An element that shows a flow, remote or local, in a modal dialog. Subclasses supply the texts. */
export abstract class FlowDialog extends Base {
  readonly #dialog: HTMLDialogElement;
  #close: ((options?: { isOver: boolean }) => void) | undefined;

  constructor() {
    super();
    // Attached from the start. Without a shadow root, the page would show the slots' content.
    const root = this.attachShadow({ mode: 'open' });
    // A strict Content-Security-Policy forbids a <style> in a shadow root, since it counts as inline style.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(flowStyles + dialogStyles);
    root.adoptedStyleSheets = [sheet];
    this.#dialog = document.createElement('dialog');
    this.#dialog.setAttribute('aria-labelledby', 'heading');
    root.append(this.#dialog);
  }

  /** The texts of the screens. */
  protected abstract loadTexts(): Promise<Texts>;

  /** Shows a flow, and resolves when the dialog is closed again. A flow that it showed before is cancelled. */
  async show(stepUp: StepUpActor, options: ShowOptions = {}): Promise<void> {
    this.close();
    const giveUp = (): void => {
      this.#close = undefined;
      this.#cancel(stepUp);
    };
    this.#close = giveUp;
    const texts = await this.loadTexts();
    if (this.#close !== giveUp) return;
    this.#close = undefined;
    if (stepUp.getSnapshot().status !== 'active') return;
    await new Promise<void>((resolve) => this.#show(stepUp, { ...options, texts }, resolve));
  }

  #show(stepUp: StepUpActor, options: ShowOptions & { readonly texts: Texts }, onClosed: () => void): void {
    const dialog = this.#dialog;
    if (!dialog.open) dialog.showModal();
    const cancel = (): void => close();
    const stopRendering = renderFlow(dialog, stepUp, {
      ...options,
      cancel,
      display: 'popup',
      hasSlots: true,
    });
    const subscription = stepUp.subscribe({
      complete: () => {
        if (stepUp.view.state !== 'approved') return close({ isOver: true });
        this.#tell('stepgate-approved');
        setTimeout(() => close({ isOver: true }), FAREWELL_MS);
      },
    });
    const onEscape = (event: Event): void => {
      if (event.target !== dialog) return;
      event.preventDefault();
      // Recovery codes are shown only once. A stray key must not lose them.
      if (stepUp.view.state !== 'acknowledging') close();
    };
    const onClose = (): void => {
      // The event comes late. If the dialog is open again, it belongs to the flow before this one.
      if (!dialog.open) close();
    };
    const close = ({ isOver = false } = {}): void => {
      if (this.#close !== close) return;
      this.#close = undefined;
      subscription.unsubscribe();
      dialog.removeEventListener('cancel', onEscape);
      dialog.removeEventListener('close', onClose);
      stopRendering();
      dialog.close();
      onClosed();
      if (stepUp.view.state === 'approved') return;
      if (isOver) this.#tell('stepgate-cancelled');
      else this.#cancel(stepUp);
    };
    this.#close = close;
    dialog.addEventListener('cancel', onEscape);
    dialog.addEventListener('close', onClose);
  }

  /** Whether a flow is shown or about to be shown. */
  get isOpen(): boolean {
    return this.#close !== undefined;
  }

  /** Closes the dialog. A flow that is still under way is cancelled. */
  close(): void {
    this.#close?.();
  }

  disconnectedCallback(): void {
    this.close();
  }

  #cancel(stepUp: StepUpActor): void {
    stepUp.send({ type: 'flow.cancel' });
    stepUp.stop();
    this.#tell('stepgate-cancelled');
  }

  #tell(name: string): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true }));
  }
}
