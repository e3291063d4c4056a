import type { Clock, StepUpActor } from '@stepgate/core';
import type { StepUpAction } from '../refusal.ts';
import type { RemoteStepUp, RemoteStepUpSnapshot } from '../remote-step-up.ts';
import { systemClock } from '../system-clock.ts';
import { errorText } from './controls.ts';
import { type ElementSpec, h, patch } from './element.ts';
import { icon } from './icons.ts';
import type { Detail, FlowPlace, Screen, ScreenModel } from './screen.ts';
import { screenOf } from './screens.ts';
import { english, type Texts } from './texts.ts';

/** Options of {@link renderFlow}. */
export interface RenderFlowOptions extends FlowPlace {
  /** What the approval is for; shown on every screen. */
  readonly action?: StepUpAction | undefined;
  readonly texts?: Texts;
  readonly clock?: Clock;
  /** Leaves the focus alone on the first screen: a page that has just been loaded. */
  readonly keepsFirstFocus?: boolean;
  /** Hears of every new screen's heading. */
  readonly onScreen?: (heading: string) => void;
}

const ONE_MINUTE_MS = 60_000;

/**
 * Draws a flow into `root`, and keeps it drawn until the returned function is called. The one renderer of the dialog
 * and the built-in page: any actor will do, remote or local.
 *
 * Only what changes is touched, the focus goes to the heading (or the input) of a new screen, and a live region
 * says what cannot be heard otherwise.
 */
export function renderFlow(
  root: Element | ShadowRoot,
  actor: StepUpActor,
  options: RenderFlowOptions,
): () => void {
  const { clock = systemClock, texts = english } = options;
  let detail: Detail = 'none';
  let hasSaved = false;
  let copied: string | undefined;
  let shown: Screen | undefined;
  let skew = Number.NEGATIVE_INFINITY;
  let span = 0;
  let spanEnd: number | undefined;
  let said = '';
  let last: RemoteStepUpSnapshot | undefined;
  let leftBefore = 0;
  let timer: unknown;

  /** A view is never newer than now, so the largest difference of the clocks is the nearest to the truth. */
  function observe(snapshot: RemoteStepUpSnapshot): void {
    const { view } = snapshot;
    skew = Math.max(skew, view.now - clock.now());
    if (view.expiresAt !== spanEnd) {
      spanEnd = view.expiresAt;
      span = (spanEnd ?? 0) - view.now;
    }
    if (hasMovedOn(last, snapshot)) {
      detail = 'none';
      hasSaved = false;
      copied = undefined;
    }
  }

  function draw(): void {
    clock.clearTimeout(timer);
    const snapshot: RemoteStepUpSnapshot = actor.getSnapshot();
    if (snapshot !== last) observe(snapshot);
    const model: ScreenModel = {
      ...snapshot,
      texts,
      now: clock.now() + skew,
      action: options.action,
      detail,
      shown: shown?.name,
      hasSaved,
      copied,
      canCopy: typeof navigator === 'object' && navigator.clipboard !== undefined,
      place: {
        takeOver: 'takeOver' in actor ? () => (actor as RemoteStepUp).takeOver() : undefined,
        ...options,
      },
      do: {
        send: (request) => actor.send(request),
        show(next) {
          detail = next;
          draw();
        },
        copy(text) {
          void navigator.clipboard.writeText(text).then(() => {
            copied = text;
            said = texts.copied;
            draw();
          });
        },
        save(next) {
          hasSaved = next;
          draw();
        },
      },
    };
    const screen = screenOf(model);
    const isNew = screen.name !== shown?.name;
    announce(model, isNew);
    patch(root, [card(model, screen, { said, span })]);
    settleFocus(snapshot, screen, isNew);
    shown = screen;
    last = snapshot;
    if (isNew) options.onScreen?.(screen.heading);
    if (snapshot.status === 'active') timer = clock.setTimeout(draw, 1_000);
  }

  /** The live region speaks of what happens on a screen; a new screen speaks for itself, by the focus. */
  function announce(model: ScreenModel, isNew: boolean): void {
    const { connection, error, now, view } = model;
    const left = (view.expiresAt ?? 0) - now;
    if (isNew) said = '';
    else if (view.reason !== last?.view.reason && view.reason) said = texts.reasons[view.reason];
    else if (error !== last?.error && error) said = errorText(model) ?? '';
    else if (connection === 'lost' && last?.connection !== 'lost') said = texts.connectionLost;
    else if (connection === 'live' && last?.connection === 'lost') said = texts.connectionBack;
    else if (left <= ONE_MINUTE_MS && leftBefore > ONE_MINUTE_MS) said = texts.oneMinuteLeft;
    leftBefore = left;
  }

  function settleFocus(snapshot: RemoteStepUpSnapshot, screen: Screen, isNew: boolean): void {
    const input = root.querySelector<HTMLInputElement>('form input');
    if (isNew) {
      if (shown === undefined && options.keepsFirstFocus) return;
      (input ?? root.querySelector<HTMLElement>('h1'))?.focus();
      return;
    }
    // A refused code or password: the next one is typed in the same place.
    const wasChecked = isChecking(last) && !isChecking(snapshot);
    if (input !== null && wasChecked && screen.name === shown?.name) {
      if (snapshot.error === undefined) input.value = '';
      input.focus();
    }
  }

  draw();
  const subscription = actor.subscribe(draw);
  return () => {
    subscription.unsubscribe();
    clock.clearTimeout(timer);
    patch(root, []);
  };
}

/** Whether the flow is about something else now, or has done what the list of ways was opened for. */
function hasMovedOn(before: RemoteStepUpSnapshot | undefined, now: RemoteStepUpSnapshot): boolean {
  const wasAnswered = before?.pending !== undefined && now.pending === undefined && now.error === undefined;
  return (
    wasAnswered ||
    before?.view.state !== now.view.state ||
    before.view.factor !== now.view.factor ||
    before.view.authenticatorId !== now.view.authenticatorId
  );
}

/** Whether something that the user typed is being checked. */
function isChecking(snapshot: RemoteStepUpSnapshot | undefined): boolean {
  if (snapshot === undefined) return false;
  const { pending, view } = snapshot;
  const isAuthenticating = view.state === 'authenticating' && !view.allowedEvents.includes('password.submit');
  return pending !== undefined || view.state === 'verifying' || isAuthenticating;
}

const RING = 100;

function card(
  model: ScreenModel,
  screen: Screen,
  { said, span }: { readonly said: string; readonly span: number },
): ElementSpec {
  const { action, connection, now, texts, view } = model;
  const left =
    view.expiresAt !== undefined && span > 0 ? Math.max(0, Math.min(1, (view.expiresAt - now) / span)) : 1;
  return h(
    'section',
    { class: 'card', part: 'card', lang: texts.language, 'aria-labelledby': 'heading' },
    action !== undefined &&
      h(
        'div',
        { key: 'action', class: 'action', part: 'action' },
        h('p', { class: 'hint' }, texts.confirming),
        h('p', { class: 'title' }, action.title),
        action.details !== undefined && h('p', { class: 'details' }, action.details),
      ),
    h(
      'div',
      { key: screen.name, class: `screen screen-${screen.name}` },
      h(
        'div',
        { class: `badge ${screen.tone ?? 'calm'}`, 'aria-hidden': 'true' },
        (screen.tone === 'busy' || screen.tone === 'waiting') &&
          h(
            'svg',
            { key: 'ring', class: 'ring', viewBox: '0 0 64 64' },
            h('circle', {
              cx: 32,
              cy: 32,
              r: 30,
              pathLength: RING,
              'stroke-dasharray': `${screen.tone === 'busy' ? RING / 4 : (left * RING).toFixed(2)} ${RING}`,
            }),
          ),
        icon(screen.icon),
      ),
      h('h1', { id: 'heading', tabindex: -1, part: 'heading' }, screen.heading),
      screen.lead !== '' && h('p', { key: 'lead', class: 'lead', part: 'lead' }, screen.lead),
      ...(screen.body ?? []),
      h('div', { key: 'buttons', class: 'buttons' }, ...(screen.buttons ?? [])),
    ),
    connection === 'lost' && h('p', { key: 'connection', class: 'connection' }, texts.connectionLost),
    h('p', { key: 'said', class: 'visually-hidden', role: 'status' }, said),
  );
}
