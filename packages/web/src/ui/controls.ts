import type { Authenticator, EnrollableFactor } from '@stepgate/core';
import type { ControlAction, TypedMember } from '../elements/control-action.ts';
import { type ElementSpec, h } from '../elements/element.ts';
import type { Connection } from '../remote/watch-flow.ts';
import { errorSentence, fill } from '../texts/texts.ts';
import { formatWhen, type ScreenModel, takes } from './screen.ts';

/** How much a button is asking for. */
export type ButtonKind = 'primary' | 'secondary' | 'quiet';

/** Options of {@link button}. */
export interface ButtonOptions {
  readonly kind?: ButtonKind;
  /** Until then the button only counts down. */
  readonly waitUntil?: number | undefined;
  readonly isBusy?: boolean;
  /** Goes only when the screen's inputs are filled in: what Enter presses. */
  readonly isSubmit?: boolean;
}

/**
 * A button. One that cannot be used yet stays focusable (`aria-disabled`), since a disabled one would drop the focus
 * of a keyboard user who waits for it.
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

/** What a control says that can be used only in a while; a time that would stand still is not told. */
export function laterLabel({ isTicking, now, texts }: ScreenModel, label: string, waitUntil: number): string {
  if (waitUntil <= now || !isTicking) return label;
  return fill(texts.later, { label, when: formatWhen(waitUntil - now, texts.language) });
}

/** "Cancel", wherever the flow takes it. */
export function cancelButton(model: ScreenModel): ElementSpec | false {
  if (!takes(model, 'flow.cancel')) return false;
  const action: ControlAction = model.exits.includes('cancel')
    ? { leave: 'cancel' }
    : { send: { type: 'flow.cancel' } };
  // Cancelling must not wait for anything.
  return button({ ...model, pending: undefined }, model.texts.cancel, action, { kind: 'quiet' });
}

/** "Try another way", when there is one. */
export function otherWayButton(model: ScreenModel): ElementSpec | false {
  const { texts } = model;
  const others = otherAuthenticators(model).length;
  if (others === 0 && otherEnrollable(model).length === 0) return false;
  const label = others > 0 || !takes(model, 'flow.retry') ? texts.otherWay : texts.addDevice;
  return button(model, label, { show: 'ways' });
}

/** What can be chosen besides the authenticator that the flow is busy with, in the order of the factors that count. */
export function otherAuthenticators(model: ScreenModel): readonly Authenticator[] {
  const { authenticatorId, authenticators, factors } = model.view;
  if (!takes(model, 'factor.choose')) return [];
  return authenticators
    .filter(({ id }) => id !== authenticatorId)
    .sort((one, other) => factors.indexOf(one.factor) - factors.indexOf(other.factor));
}

/** What can be added besides the factor that the flow is busy with. */
export function otherEnrollable(model: ScreenModel): readonly EnrollableFactor[] {
  const { enrollable, factor } = model.view;
  return takes(model, 'enrollment.begin') ? enrollable.filter((one) => one !== factor) : [];
}

/** "Send again", or "Send" where nothing was sent yet, with the time until it may be pressed. */
export function resendButton(model: ScreenModel, kind: ButtonKind = 'secondary'): ElementSpec | false {
  const { texts, view } = model;
  if (!takes(model, 'challenge.resend')) return false;
  return button(
    model,
    view.reason === 'push_in_progress' ? texts.start : texts.resend,
    { send: { type: 'challenge.resend' } },
    {
      kind,
      waitUntil: view.resendAllowedAt,
      isBusy: model.pending === 'challenge.resend',
    },
  );
}

/** Options of {@link field}. */
export interface FieldOptions {
  readonly name: TypedMember;
  readonly label: string;
  readonly type?: string;
  readonly autocomplete: string;
  readonly inputmode?: string;
  readonly hint?: string;
  /** What is taken, as a regular expression; the hint says it in words. */
  readonly pattern?: string;
  readonly error?: string | undefined;
  readonly isBusy?: boolean;
}

/** A labelled input. Its value belongs to the user: it is never written to. */
export function field(options: FieldOptions): ElementSpec {
  const { name, label, type = 'text', autocomplete, inputmode, hint, pattern, error, isBusy } = options;
  const described = [hint !== undefined && `${name}-hint`, error !== undefined && `${name}-error`];
  return h(
    'div',
    { class: 'field' },
    h('label', { for: name }, label),
    h('input', {
      id: name,
      name,
      type,
      part: 'input',
      autocomplete,
      inputmode,
      dir: name === 'password' ? undefined : 'ltr',
      pattern,
      title: pattern && hint,
      required: true,
      autocapitalize: 'off',
      autocorrect: 'off',
      spellcheck: 'false',
      readonly: isBusy,
      'aria-invalid': error !== undefined && 'true',
      'aria-describedby': described.filter(Boolean).join(' ') || undefined,
    }),
    hint !== undefined && h('p', { key: 'hint', class: 'hint', id: `${name}-hint` }, hint),
    error !== undefined && h('p', { key: 'error', class: 'error', id: `${name}-error` }, error),
  );
}

/** What to tell the user about the last request, if it was refused or lost. */
export function errorText({ error, texts }: ScreenModel): string | undefined {
  return error && errorSentence(error.code, texts);
}

/** Whether the server cannot be followed at the moment, which the user should know. */
export function isCutOff(connection: Connection | undefined): boolean {
  return connection === 'lost' || connection === 'busy';
}

/** Why the server cannot be followed at the moment. */
export function connectionText({ connection, texts }: ScreenModel): string {
  return connection === 'busy' ? texts.connectionBusy : texts.connectionLost;
}
