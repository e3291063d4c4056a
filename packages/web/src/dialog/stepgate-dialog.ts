import { languageOf, textsFor } from '../texts/languages.ts';
import { type Some, type Texts, withTexts } from '../texts/texts.ts';
import { FlowDialog } from './flow-dialog.ts';
import type { StepUpPrompt } from './step-up-prompt.ts';

export type { Some, Texts };

/**
 * `<stepgate-dialog>`: shows a flow, remote or local, in a modal dialog of its own, in the language of the element or
 * of what it stands in (`lang`): English, French or Canadian French.
 *
 * Slots: `logo`, above everything, and `details`, in the place of the action's details.
 *
 * Events, both bubbling: `stepgate-approved` when the flow has ended well, `stepgate-cancelled` when the user has
 * closed the dialog, which cancels and stops the flow. Styled by the custom properties `--stepgate-accent`,
 * `--stepgate-surface`, `--stepgate-text`, `--stepgate-radius`, `--stepgate-font` and by parts (`card`, `heading`,
 * `button`, `primary`, `input` ...); `color-scheme` chooses light or dark, `dir` the direction.
 */
export class StepgateDialog extends FlowDialog {
  /**
   * Texts of the app's own, in the place of the built-in ones; to be set before the dialog is shown. `language` where
   * they are in another one.
   */
  // Declared only: it may have been set before the element was defined.
  declare texts?: Some<Texts> | undefined;

  protected override async loadTexts(): Promise<Texts> {
    return withTexts<Texts>(await textsFor(languageOf(this)), this.texts);
  }
}

if (globalThis.customElements?.get('stepgate-dialog') === undefined) {
  globalThis.customElements?.define('stepgate-dialog', StepgateDialog);
}

/**
 * Shows a flow in the dialog that stands in the page, else in one of its own, which goes away with the flow: what
 * `stepUpFetch` does by default.
 */
export function openStepUpDialog({ stepUp, action, signal }: StepUpPrompt): void {
  if (signal.aborted) return;
  const placed = [...document.querySelectorAll('stepgate-dialog')].find(({ isOpen }) => !isOpen);
  const element = placed ?? document.body.appendChild(new StepgateDialog());
  void element.show(stepUp, { action }).then(() => placed ?? element.remove());
  signal.addEventListener('abort', () => element.close(), { once: true });
}

declare global {
  interface HTMLElementTagNameMap {
    'stepgate-dialog': StepgateDialog;
  }
}
