import type { StepUpPrompt } from './approver.ts';
import { FlowDialog } from './flow-dialog.ts';
import { languageOf, textsFor } from './ui/languages.ts';
import { type SomeTexts, type Texts, withTexts } from './ui/texts.ts';

export type { SomeTexts };

/**
 * `<stepgate-dialog>`: shows a flow, remote or local, in a modal dialog of its own, in the language of the element or
 * of what it stands in (`lang`): English, French or Canadian French.
 *
 * Events, both bubbling: `stepgate-approved` when the flow has ended well, `stepgate-cancelled` when the user has
 * closed the dialog, which cancels and stops the flow. Styled by the custom properties `--stepgate-accent`,
 * `--stepgate-surface`, `--stepgate-text`, `--stepgate-radius`, `--stepgate-font` and by parts (`card`, `heading`,
 * `button`, `primary`, `input` ...); `color-scheme` chooses light or dark.
 */
export class StepgateDialog extends FlowDialog {
  /** Texts of the app's own, in the place of the built-in ones; to be set before the dialog is shown. */
  // Declared only: it may have been set before the element was defined.
  declare texts?: SomeTexts | undefined;

  protected override async loadTexts(): Promise<Texts> {
    return withTexts<Texts>(await textsFor(languageOf(this)), this.texts);
  }
}

if (globalThis.customElements?.get('stepgate-dialog') === undefined) {
  globalThis.customElements?.define('stepgate-dialog', StepgateDialog);
}

/** Shows a flow in a dialog of its own, which goes away with it: what `stepUpFetch` does by default. */
export function openStepUpDialog({ stepUp, action, signal }: StepUpPrompt): void {
  if (signal.aborted) return;
  const element = new StepgateDialog();
  document.body.append(element);
  void element.show(stepUp, { action }).then(() => element.remove());
  signal.addEventListener('abort', () => element.remove(), { once: true });
}

declare global {
  interface HTMLElementTagNameMap {
    'stepgate-dialog': StepgateDialog;
  }
}
