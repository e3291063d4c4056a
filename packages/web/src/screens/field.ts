import type { ReasonCode } from '@stepgate/core';
import type { TypedMember } from '../elements/control-action.ts';
import { type ElementSpec, h } from '../elements/element.ts';
import { errorText } from './messages.ts';
import type { ScreenModel } from './screen.ts';

/** Options of {@link field}. */
export interface FieldOptions {
  readonly name: TypedMember;
  readonly label: string;
  readonly type?: string;
  readonly autocomplete: string;
  readonly inputmode?: string;
  readonly hint?: string;
  /** A regular expression for what is accepted. The hint says the same in words. */
  readonly pattern?: string;
  readonly error?: string | undefined;
  readonly isBusy?: boolean;
}

/** A labelled input. Its value belongs to the user and is never overwritten. */
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

/** An input and its button. */
export function fields(...children: readonly ElementSpec[]): ElementSpec {
  return h('div', { key: 'fields', class: 'fields' }, ...children);
}

/** Why the last input was not accepted. A reason that is no fault of the user is left out. */
export function fieldError(model: ScreenModel, harmless?: ReasonCode): string | undefined {
  const { reason } = model.view;
  return (
    errorText(model) ??
    (reason === undefined || reason === harmless ? undefined : model.texts.reasons[reason])
  );
}
