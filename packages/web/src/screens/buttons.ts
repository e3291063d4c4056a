import type { Authenticator, Display, EnrollableFactor } from '@stepgate/core';
import { isHosted } from '@stepgate/core/ui';
import type { ControlAction } from '../elements/control-action.ts';
import { type ElementSpec, h } from '../elements/element.ts';
import { fill } from '../texts/texts.ts';
import { formatWhen, type ScreenModel, takes } from './screen.ts';

/** How much a button stands out. */
export type ButtonKind = 'primary' | 'secondary' | 'quiet';

/** Options of {@link button}. */
export interface ButtonOptions {
  readonly kind?: ButtonKind;
  /** Until then the button only counts down. */
  readonly waitUntil?: number | undefined;
  readonly isBusy?: boolean;
  /** Works only when the screen's inputs are filled in; Enter presses it. */
  readonly isSubmit?: boolean;
}

/**
 * A button. While it cannot be used it stays focusable (`aria-disabled`): a disabled button would lose the focus of a
 * keyboard user who waits for it.
 */
export function button(
  model: ScreenModel,
  label: string,
  action: ControlAction,
  options: ButtonOptions = {},
): ElementSpec {
  const { kind = 'secondary', waitUntil = 0, isBusy = false, isSubmit = false } = options;
  const isOff = waitUntil > model.now || isBusy || model.pending !== undefined;
  return h(
    'button',
    {
      key: label,
      class: `button ${kind}`,
      part: `button ${kind}`,
      type: isSubmit ? 'submit' : 'button',
      onPress: action,
      'aria-disabled': isOff && 'true',
      'aria-busy': isBusy && 'true',
    },
    isBusy ? model.texts.busy : laterLabel(model, label, waitUntil),
  );
}

/** The label of a button that cannot be used yet, with the time until then. A time that cannot tick is left out. */
function laterLabel({ isTicking, now, texts }: ScreenModel, label: string, waitUntil: number): string {
  if (waitUntil <= now || !isTicking) return label;
  return fill(texts.later, { label, when: formatWhen(waitUntil - now, texts.language) });
}

/** The button that sends what the user typed. */
export function submitButton(
  model: ScreenModel,
  label: string,
  action: ControlAction,
  isBusy: boolean,
): ElementSpec {
  const { view } = model;
  return button({ ...model, pending: undefined }, label, action, {
    kind: 'primary',
    waitUntil: view.retryAllowedAt,
    isBusy,
    isSubmit: true,
  });
}

/** A link that looks like a button. */
export function buttonLink(href: string, label: string, kind: ButtonKind): ElementSpec {
  return h('a', { key: label, class: `button ${kind}`, part: `button ${kind}`, href }, label);
}

/** "Cancel", where the flow can be cancelled. */
export function cancelButton(model: ScreenModel): ElementSpec | false {
  if (!takes(model, 'flow.cancel')) return false;
  const action: ControlAction = model.exits.includes('cancel')
    ? { leave: 'cancel' }
    : { send: { type: 'flow.cancel' } };
  // Cancelling never waits for another request.
  return button({ ...model, pending: undefined }, model.texts.cancel, action, { kind: 'quiet' });
}

/** "Go back" to where the user came from, if that is known. */
export function goBackButton(model: ScreenModel, kind: ButtonKind): ElementSpec | false {
  const { exits, leaveTo, texts } = model;
  if (leaveTo !== undefined) return buttonLink(leaveTo, texts.goBack, kind);
  return exits.includes('goBack') && button(model, texts.goBack, { leave: 'goBack' }, { kind });
}

/** "Try another way", if there is one. */
export function otherWayButton(model: ScreenModel): ElementSpec | false {
  const { texts } = model;
  const others = otherAuthenticators(model).length;
  if (others === 0 && otherEnrollable(model).length === 0) return false;
  const label = others > 0 || !takes(model, 'flow.retry') ? texts.otherWay : texts.addDevice;
  return button(model, label, { show: 'ways' });
}

/** Goes over to another way of the provider, if there is one. */
export function nextWayButton(model: ScreenModel): ElementSpec | false {
  const { pending, texts, view } = model;
  if (view.otherWay === undefined || !takes(model, 'way.next')) return false;
  return button(
    model,
    texts.ways[view.otherWay],
    { send: { type: 'way.next' } },
    { isBusy: pending === 'way.next' },
  );
}

/** The authenticators that can be chosen instead of the flow's current one, in the order of the factors that count. */
export function otherAuthenticators(model: ScreenModel): readonly Authenticator[] {
  const { authenticatorId, authenticators, factors } = model.view;
  if (!takes(model, 'factor.choose')) return [];
  return authenticators
    .filter(({ id }) => id !== authenticatorId)
    .sort((one, other) => factors.indexOf(one.factor) - factors.indexOf(other.factor));
}

/** The factors that can be added instead of the flow's current one. */
export function otherEnrollable(model: ScreenModel): readonly EnrollableFactor[] {
  const { enrollable, factor } = model.view;
  return takes(model, 'enrollment.begin') ? enrollable.filter((one) => one !== factor) : [];
}

/** What leads to an authenticator: the provider's page is opened where the user expects it. */
export function choice({ display }: ScreenModel, { id, factor }: Authenticator): ControlAction {
  return {
    send: { type: 'factor.choose', authenticatorId: id, ...(isHosted(factor) && { display }) },
  };
}

/** Leads to the provider's page, where the flow is about that. */
export function leaveButton(
  model: ScreenModel,
  label: string,
  {
    kind = 'primary',
    display = model.display,
  }: { readonly kind?: ButtonKind; readonly display?: Display } = {},
): ElementSpec | false {
  const { authenticators, factor } = model.view;
  const page = authenticators.find((one) => isHosted(one.factor));
  if (page === undefined || !takes(model, 'factor.choose')) return false;
  if (factor !== undefined && !isHosted(factor)) return false;
  const isBusy = model.pending === 'factor.choose';
  return button(model, label, choice({ ...model, display }, page), { kind, isBusy });
}

/** "Send again", or "Send" if nothing has been sent yet, with the time until it can be pressed. */
export function resendButton(model: ScreenModel, kind: ButtonKind = 'secondary'): ElementSpec | false {
  const { texts, view } = model;
  if (!takes(model, 'challenge.resend')) return false;
  return button(
    model,
    view.reason === 'push_in_progress' ? texts.start : texts.resend,
    { send: { type: 'challenge.resend' } },
    { kind, waitUntil: view.resendAllowedAt, isBusy: model.pending === 'challenge.resend' },
  );
}
