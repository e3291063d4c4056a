// @vitest-environment happy-dom
import { PATIENT } from 'suites/patience.ts';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openStepUpDialog, StepgateDialog } from '../../src/dialog/stepgate-dialog.ts';
import { type DrawnScreen, screenIn } from '../support/screen.ts';
import { createScriptedActor, type ScriptedActor } from '../support/scripted-actor.ts';
import { pollingView, viewOf } from '../support/views.ts';

interface Stage {
  readonly actor: ScriptedActor;
  readonly element: StepgateDialog;
  readonly dialog: HTMLDialogElement;
  readonly screen: DrawnScreen;
  readonly events: readonly string[];
  readonly leave: () => void;
}

async function open(view = pollingView()): Promise<Stage> {
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
  // It opens after its texts have loaded.
  await vi.waitUntil(() => element?.shadowRoot?.querySelector('dialog[open]'), PATIENT);
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

it('shows the flow in a modal dialog with its own styles', async () => {
  const { dialog, element, screen } = await open();

  expect(dialog.open).toBe(true);
  expect(screen.heading).toBe('Check your phone');
  expect(screen.text).toContain('Transfer 250\u00a0€');
  expect(element.shadowRoot?.adoptedStyleSheets).toHaveLength(1);
  expect(element.shadowRoot?.querySelector('style')).toBeNull();
});

it('has a button for a flow that has not started', async () => {
  const { actor, screen } = await open(viewOf('idle', { allowedEvents: ['flow.start', 'flow.cancel'] }));

  expect(screen.heading).toBe('Confirm it’s you');
  expect(actor.sent).toEqual([]);
  screen.press('Send approval request');

  expect(actor.sent).toEqual([{ type: 'flow.start' }]);
});

it('cancels the flow and closes at once when the user cancels', async () => {
  const { actor, dialog, element, events, screen } = await open();

  screen.press('Cancel');

  expect(dialog.open).toBe(false);
  expect(actor.sent).toEqual([{ type: 'flow.cancel' }]);
  expect(actor.getSnapshot().status).toBe('stopped');
  expect(events).toEqual(['stepgate-cancelled']);
  await vi.waitUntil(() => !element.isConnected, PATIENT);
});

it('treats Escape as a cancel', async () => {
  const { actor, dialog } = await open();

  pressEscape(dialog);

  expect(dialog.open).toBe(false);
  expect(actor.sent).toEqual([{ type: 'flow.cancel' }]);
});

it('ignores Escape while it shows recovery codes', async () => {
  const { actor, dialog } = await open(
    viewOf('acknowledging', {
      disclosure: { recoveryCodes: ['AAAA'] },
      allowedEvents: ['codes.acknowledge', 'flow.cancel'],
    }),
  );

  expect(pressEscape(dialog).defaultPrevented).toBe(true);
  expect(dialog.open).toBe(true);
  expect(actor.sent).toEqual([]);
});

it('says "Confirmed" for a moment after the approval', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { actor, dialog, events, screen } = await open();

  actor.tell(viewOf('approved', { version: 2 }));
  expect(screen.heading).toBe('Confirmed');
  expect(events).toEqual(['stepgate-approved']);
  vi.advanceTimersByTime(2_000);

  expect(dialog.open).toBe(false);
  expect(actor.sent).toEqual([]);
});

it('closes when the flow was cancelled elsewhere', async () => {
  const { actor, dialog, events } = await open();

  actor.tell(viewOf('cancelled', { version: 2, reason: 'cancelled' }));

  expect(dialog.open).toBe(false);
  expect(actor.sent).toEqual([]);
  expect(events).toEqual(['stepgate-cancelled']);
});

it('closes when no caller waits for the approval any more', async () => {
  const { element, leave } = await open();

  leave();

  await vi.waitUntil(() => !element.isConnected, PATIENT);
});

it('does not open for a flow that has ended', () => {
  const actor = createScriptedActor(viewOf('approved'), { status: 'done' });

  openStepUpDialog({ stepUp: actor, signal: new AbortController().signal });

  expect(document.querySelector('stepgate-dialog')?.shadowRoot?.querySelector('dialog')?.open).toBe(false);
});

it('uses the page’s dialog with the app’s logo and details, and leaves it in the page', async () => {
  const placed = new StepgateDialog();
  placed.innerHTML = '<img slot="logo" alt="Bank"><p slot="details">to Grace</p>';
  document.body.append(placed);
  // Content without a slot is not shown.
  expect(placed.shadowRoot?.querySelector('slot')).toBeNull();
  const { actor, dialog, element } = await open();

  expect(element).toBe(placed);
  expect(document.querySelectorAll('stepgate-dialog')).toHaveLength(1);
  const slots = [...dialog.querySelectorAll('slot')];
  expect(slots.map(({ name }) => name)).toEqual(['logo', 'details']);
  expect(slots[1]?.closest('.action')?.textContent).toContain('Transfer 250\u00a0€');

  actor.tell(viewOf('cancelled', { version: 2 }));
  expect(placed.isOpen).toBe(false);
  expect(placed.isConnected).toBe(true);
});

it('opens a second dialog if the page’s dialog is in use', async () => {
  const { element } = await open();
  openStepUpDialog({ stepUp: createScriptedActor(pollingView()), signal: new AbortController().signal });
  const all = [...document.querySelectorAll('stepgate-dialog')];
  onTestFinished(() => {
    for (const one of all) one.remove();
  });

  expect(all).toHaveLength(2);
  expect(element.isOpen).toBe(true);
});

it('uses the language of the page, with the app’s texts', async () => {
  document.documentElement.lang = 'fr-CA';
  onTestFinished(() => document.documentElement.removeAttribute('lang'));
  const element = new StepgateDialog();
  element.texts = { confirming: 'Pour confirmer' };
  document.body.append(element);
  onTestFinished(() => element.remove());
  void element.show(createScriptedActor(pollingView()), { action: { title: 'Virement' } });
  const dialog = await vi.waitUntil(
    () => element.shadowRoot?.querySelector<HTMLElement>('dialog[open]'),
    PATIENT,
  );
  const { heading, text } = screenIn(dialog);

  expect(heading).toBe('Consultez votre téléphone');
  expect(text).toContain('Pour confirmer');
  expect(dialog.querySelector('section')?.lang).toBe('fr-CA');
});

it('cancels the flow of an element that is removed before its texts have loaded', async () => {
  const element = new StepgateDialog();
  const actor = createScriptedActor(pollingView());
  document.body.append(element);
  const shown = element.show(actor);

  element.remove();
  await shown;

  expect(actor.sent).toEqual([{ type: 'flow.cancel' }]);
  expect(actor.getSnapshot().status).toBe('stopped');
  expect(element.shadowRoot?.querySelector('dialog')?.open).toBe(false);
});

it('shows the second of two flows that start before their texts have loaded, and cancels it when it is removed', async () => {
  const element = new StepgateDialog();
  const first = createScriptedActor(viewOf('authenticating'));
  const second = createScriptedActor(pollingView());
  document.body.append(element);
  const shown = element.show(first);
  // The French texts load later than the first flow's English ones.
  element.lang = 'fr';
  const shownSecond = element.show(second);
  await shown;

  expect(first.getSnapshot().status).toBe('stopped');
  expect(element.isOpen).toBe(true);
  element.remove();
  await shownSecond;
  expect(second.sent).toEqual([{ type: 'flow.cancel' }]);
});
