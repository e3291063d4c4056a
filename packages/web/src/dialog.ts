import type { StepUpPrompt } from './approver.ts';
import { StepgateDialog } from './stepgate-dialog.ts';

export { StepgateDialog };

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
