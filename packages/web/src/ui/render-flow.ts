import type { Display, StepUpActor, StepUpRequest } from '@stepgate/core';
import { type Clock, systemClock } from '@stepgate/core/ui';
import { type ControlAction, type Detail, type Exit, tidy } from '../elements/control-action.ts';
import { actionOf, patch } from '../elements/patch.ts';
import type { RemoteStepUp } from '../remote/remote-step-up.ts';
import type { RemoteStepUpSnapshot } from '../remote/snapshots.ts';
import type { Unkept } from '../screens/kept-form.ts';
import type { Screen, ScreenModel } from '../screens/screen.ts';
import { screenOf } from '../screens/screens.ts';
import type { StepUpAction } from '../screens/step-up-action.ts';
import type { Texts } from '../texts/texts.ts';
import { createAnnouncer } from './announcer.ts';
import { card } from './card.ts';
import { leave, leaves, sendAndLeave } from './leave.ts';
import { createScreenFocus } from './screen-focus.ts';
import { createViewTiming } from './view-timing.ts';

/** Options of {@link renderFlow}. */
export interface RenderFlowOptions {
  /** What the approval is for. Every screen shows it. */
  readonly action?: StepUpAction | undefined;
  readonly texts: Texts;
  readonly clock?: Clock;
  /** Ends the flow and closes the dialog. Without it, `flow.cancel` is sent and a last screen is shown. */
  readonly cancel?: (() => void) | undefined;
  /** Goes back to where the user came from, without confirming. */
  readonly goBack?: (() => void) | undefined;
  /** The same, as a link. */
  readonly leaveTo?: string | undefined;
  /** Starts a new flow after this one has ended. */
  readonly restart?: (() => void) | undefined;
  /** Where an approval leads, as a link. */
  readonly continueTo?: string | undefined;
  /** Why the refused form is not kept. */
  readonly unkept?: Unkept | undefined;
  /** What is confirmed runs in another login of the user, which has sent them here by a link. */
  readonly isForOther?: boolean;
  /** Where the provider's page is opened; default in place of this one. */
  readonly display?: Display;
  /** Whether only the provider's page counts: the start leads there at once. */
  readonly startsOnPage?: boolean;
  /** Draws slots for the app's elements. `root` must be in a shadow root. */
  readonly hasSlots?: boolean;
  /** The number or address that the user has just typed and that the code goes to. */
  readonly destination?: string | undefined;
  /** What is open at first, if the page came with it open. */
  readonly detail?: Detail | undefined;
  /** Leaves the focus alone on the first screen, for a page that has just been loaded. */
  readonly keepsFirstFocus?: boolean;
  /** Called with the heading of every new screen. */
  readonly onScreen?: (heading: string) => void;
}

/**
 * Draws a flow into `root`, and redraws it until you call the returned function. The dialog and the built-in page both
 * use it; the actor can be remote or local.
 *
 * Only what changes is touched. The focus goes to the heading or the input of a new screen, and a live region announces
 * what happens on a screen.
 */
export function renderFlow(
  root: Element | ShadowRoot,
  actor: StepUpActor,
  options: RenderFlowOptions,
): () => void {
  const { clock = systemClock, texts } = options;
  const announcer = createAnnouncer(texts);
  const exits = exitsOf(actor, options);
  const timing = createViewTiming(clock);
  const focus = createScreenFocus(root, options.keepsFirstFocus === true);
  let detail = options.detail ?? 'none';
  let { destination } = options;
  let copied: string | undefined;
  let shown: Screen | undefined;
  let last: RemoteStepUpSnapshot | undefined;
  let timer: unknown;

  function observe(snapshot: RemoteStepUpSnapshot): void {
    timing.observe(snapshot.view);
    if (last === undefined || !hasMovedOn(last, snapshot)) return;
    detail = 'none';
    copied = undefined;
  }

  function draw(): void {
    clock.clearTimeout(timer);
    const snapshot: RemoteStepUpSnapshot = actor.getSnapshot();
    if (snapshot !== last) observe(snapshot);
    const model: ScreenModel = {
      ...snapshot,
      texts,
      now: timing.now(),
      action: options.action,
      detail,
      shown: shown?.name,
      copied,
      canCopy: typeof navigator === 'object' && navigator.clipboard !== undefined,
      exits: (Object.keys(exits) as Exit[]).filter((exit) => exits[exit] !== undefined),
      continueTo: options.continueTo,
      leaveTo: options.leaveTo,
      form: undefined,
      destination,
      isTicking: true,
      unkept: options.unkept,
      isForOther: options.isForOther === true,
      display: options.display ?? 'page',
      startsOnPage: options.startsOnPage === true,
      hasSlots: options.hasSlots === true,
    };
    const screen = screenOf(model);
    const isNew = screen.name !== shown?.name;
    announcer.update(model, last, isNew);
    patch(root, [card(model, screen, { said: announcer.said, span: timing.span })]);
    focus.settle({ before: last, now: snapshot, isNew });
    shown = screen;
    last = snapshot;
    if (isNew) options.onScreen?.(screen.heading);
    if (snapshot.status === 'active') timer = clock.setTimeout(draw, 1_000);
  }

  function copy(text: string): void {
    void navigator.clipboard.writeText(text).then(() => {
      copied = text;
      announcer.say(texts.copied);
      draw();
    });
  }

  function perform(action: ControlAction): void {
    if ('show' in action) {
      detail = action.show;
      draw();
    } else if ('copy' in action) copy(action.copy);
    else if ('leave' in action) exits[action.leave]?.();
    else if (!('typed' in action)) {
      if (leaves(action.send)) leave(actor, action.send);
      else if (leadsToPage(action.send)) sendAndLeave(actor, action.send, options.display ?? 'page');
      else actor.send(action.send);
    } else {
      const input = root.querySelector<HTMLInputElement>(`[name="${action.typed}"]`);
      const value = tidy(action.typed, input?.value ?? '');
      if (value === '') {
        input?.focus();
        return;
      }
      focus.submitted();
      if (action.typed === 'phoneNumber' || action.typed === 'email') destination = input?.value;
      actor.send({ ...action.send, [action.typed]: value } as StepUpRequest);
    }
  }

  /** Whether the user expects the provider's page of the click, and nothing else. */
  function leadsToPage({ type }: StepUpRequest): boolean {
    if (type === 'flow.start') return options.startsOnPage === true;
    return type === 'way.next' && actor.view.otherWay === 'redirect';
  }

  function press(button: Element | null): void {
    const action = button === null || button.getAttribute('aria-disabled') ? undefined : actionOf(button);
    if (action !== undefined) perform(action);
  }

  function onClick({ target }: Event): void {
    // Submit buttons are left to the browser, which checks the inputs and then fires `submit`.
    press((target as Element).closest('button[type="button"]'));
  }

  function onSubmit(event: Event): void {
    event.preventDefault();
    press((event.target as Element).querySelector('[type="submit"]'));
  }

  draw();
  root.addEventListener('click', onClick);
  root.addEventListener('submit', onSubmit);
  const subscription = actor.subscribe(draw);
  return () => {
    subscription.unsubscribe();
    root.removeEventListener('click', onClick);
    root.removeEventListener('submit', onSubmit);
    clock.clearTimeout(timer);
    patch(root, []);
  };
}

/** What each way to leave does. */
function exitsOf(
  actor: StepUpActor,
  { cancel, goBack, restart }: RenderFlowOptions,
): Readonly<Record<Exit, (() => void) | undefined>> {
  const takeOver = 'takeOver' in actor ? () => (actor as RemoteStepUp).takeOver() : undefined;
  return { cancel, goBack, restart, takeOver };
}

/** Whether the flow has moved to something else, or the user's choice has been accepted. */
function hasMovedOn(before: RemoteStepUpSnapshot, now: RemoteStepUpSnapshot): boolean {
  const wasAnswered = before.pending !== undefined && now.pending === undefined && now.error === undefined;
  return (
    wasAnswered ||
    before.view.state !== now.view.state ||
    before.view.factor !== now.view.factor ||
    before.view.authenticatorId !== now.view.authenticatorId
  );
}
