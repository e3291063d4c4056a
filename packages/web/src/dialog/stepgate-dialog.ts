import { languageOf, textsFor } from '../texts/languages.ts';
import { type Some, type Texts, withTexts } from '../texts/texts.ts';
import { FlowDialog } from './flow-dialog.ts';
import type { StepUpPrompt } from './step-up-prompt.ts';

export type { Some, Texts };

/**
 * `<stepgate-dialog>` shows a flow, remote or local, in a modal dialog. Its language is the `lang` of the element or of
 * its nearest ancestor with one: English, French or Canadian French.
 *
 * Slots: `logo`, above everything, and `details`, instead of the action's details.
 *
 * Events, both bubbling: `stepgate-approved` when the flow was approved, and `stepgate-cancelled` when the user has
 * closed the dialog, which cancels and stops the flow. To style it, use the custom properties `--stepgate-accent`,
 * `--stepgate-surface`, `--stepgate-text`, `--stepgate-radius`, `--stepgate-font` and the parts (`card`, `heading`,
 * `button`, `primary`, `input` ...). `color-scheme` chooses light or dark, `dir` the direction.
 */
export class StepgateDialog extends FlowDialog {
  /**
   * The app's texts, which replace the built-in ones one by one. Set them before the dialog is shown, with `language`
   * if they are in another language.
   */
  // Only declared, not a field with a value: the property may have been set before the element was defined.
  declare texts?: Some<Texts> | undefined;

  protected override async loadTexts(): Promise<Texts> {
    return withTexts<Texts>(await textsFor(languageOf(this)), this.texts);
  }
}

if (globalThis.customElements?.get('stepgate-dialog') === undefined) {
  globalThis.customElements?.define('stepgate-dialog', StepgateDialog);
}

/**
 * Shows a flow in the page's `<stepgate-dialog>`, or adds one to the page until the flow has ended. This is what
 * `stepUpFetch` does by default.
 */
export function openStepUpDialog({ stepUp, action, signal }: StepUpPrompt): void {
  if (signal.aborted) return;
  const placed = [...document.querySelectorAll('stepgate-dialog')].find(({ isOpen }) => !isOpen);
  const element = placed ?? document.body.appendChild(new StepgateDialog());
  void element.show(stepUp, { action }).then(() => {
    if (placed === undefined) element.remove();
  });
  signal.addEventListener('abort', () => element.close(), { once: true });
}

declare global {
  interface HTMLElementTagNameMap {
    'stepgate-dialog': StepgateDialog;
  }
}
