// @vitest-environment happy-dom
import { expect, it, onTestFinished, vi } from 'vitest';
import { openStepUpDialog, StepgateDialog } from '../src/dialog.ts';
import { type DrawnScreen, screenIn } from './support/screen.ts';
import { createScriptedActor, type ScriptedActor } from './support/scripted-actor.ts';
import { pollingView, viewOf } from './support/views.ts';

interface Stage {
  readonly actor: ScriptedActor;
  readonly element: StepgateDialog;
  readonly dialog: HTMLDialogElement;
  readonly screen: DrawnScreen;
  readonly events: readonly string[];
  readonly leave: () => void;
}

function open(view = pollingView()): Stage {
  const actor = createScriptedActor(view);
  const controller = new AbortController();
  const events: string[] = [];
  for (const name of ['stepgate-approved', 'stepgate-cancelled']) {
    const listener = (): void => void events.push(name);
    document.addEventListener(name, listener);
    onTestFinished(() => document.removeEventListener(name, listener));
  }
  openStepUpDialog({ stepUp: actor, action: { title: 'Transfer 250 €' }, signal: controller.signal });
  const element = document.querySelector('stepgate-dialog');
  const dialog = element?.shadowRoot?.querySelector('dialog');
  if (!(element instanceof StepgateDialog) || !(dialog instanceof HTMLDialogElement)) {
    throw new Error('there is no dialog');
  }
  onTestFinished(() => element.remove());
  return {
    actor,
    element,
    dialog,
    screen: screenIn(dialog),
    events,
    leave: () => controller.abort(),
  };
}

function pressEscape(dialog: HTMLDialogElement): Event {
  const cancel = new Event('cancel', { cancelable: true });
  dialog.dispatchEvent(cancel);
  return cancel;
}

it('shows the flow in a modal dialog with styles of its own', () => {
  const { dialog, element, screen } = open();

  expect(dialog.open).toBe(true);
  expect(screen.heading).toBe('Check your phone');
  expect(screen.text).toContain('Transfer 250 €');
  expect(element.shadowRoot?.adoptedStyleSheets).toHaveLength(1);
  expect(element.shadowRoot?.querySelector('style')).toBeNull();
});

it('cancels the flow when the user cancels, and goes away at once', async () => {
  const { actor, dialog, element, events, screen } = open();

  screen.press('Cancel');

  expect(dialog.open).toBe(false);
  expect(actor.sent).toEqual([{ type: 'flow.cancel' }]);
  expect(actor.getSnapshot().status).toBe('stopped');
  expect(events).toEqual(['stepgate-cancelled']);
  await vi.waitUntil(() => !element.isConnected);
});

it('takes Escape for a cancel', () => {
  const { actor, dialog } = open();

  pressEscape(dialog);

  expect(dialog.open).toBe(false);
  expect(actor.sent).toEqual([{ type: 'flow.cancel' }]);
});

it('does not let Escape lose the recovery codes', () => {
  const { actor, dialog } = open(
    viewOf('acknowledging', {
      disclosure: { recoveryCodes: ['AAAA'] },
      allowedEvents: ['codes.acknowledge', 'flow.cancel'],
    }),
  );

  expect(pressEscape(dialog).defaultPrevented).toBe(true);
  expect(dialog.open).toBe(true);
  expect(actor.sent).toEqual([]);
});

it('says "Confirmed" for a moment after the approval', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { actor, dialog, events, screen } = open();

  actor.tell(viewOf('approved', { version: 2 }));
  expect(screen.heading).toBe('Confirmed');
  expect(events).toEqual(['stepgate-approved']);
  vi.advanceTimersByTime(2_000);

  expect(dialog.open).toBe(false);
  expect(actor.sent).toEqual([]);
});

it('closes when the flow was cancelled elsewhere', () => {
  const { actor, dialog, events } = open();

  actor.tell(viewOf('cancelled', { version: 2, reason: 'cancelled' }));

  expect(dialog.open).toBe(false);
  expect(actor.sent).toEqual([]);
  expect(events).toEqual(['stepgate-cancelled']);
});

it('goes away when nobody waits for the approval any more', () => {
  const { element, leave } = open();

  leave();

  expect(element.isConnected).toBe(false);
});

it('does not open for a flow that is over', () => {
  const actor = createScriptedActor(viewOf('approved'), { status: 'done' });

  openStepUpDialog({ stepUp: actor, signal: new AbortController().signal });

  expect(document.querySelector('stepgate-dialog')?.shadowRoot ?? null).toBeNull();
});
