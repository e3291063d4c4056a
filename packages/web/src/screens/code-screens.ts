import { FACTOR_TRAITS, sendsMessage, takesCode } from '@stepgate/core/ui';
import { type ElementSpec, h } from '../elements/element.ts';
import { factorIcons } from '../elements/icons.ts';
import { pluralOf } from '../texts/texts.ts';
import { barcode, copyButton } from './barcode.ts';
import {
  button,
  cancelButton,
  nextWayButton,
  otherWayButton,
  resendButton,
  submitButton,
} from './buttons.ts';
import { field, fieldError, fields } from './field.ts';
import { errorText, notice, sentToLine } from './messages.ts';
import { type Screen, type ScreenModel, takes } from './screen.ts';

/** Asks for the password, before anything is sent. */
export function password(model: ScreenModel): Screen {
  const { pending, texts, view } = model;
  const isBusy = pending === 'password.submit' || !takes(model, 'password.submit');
  // Shown for as long as it is true, not only while it is the view's reason: a wrong password has another one.
  const isAdding = view.factor !== undefined && view.authenticatorId === undefined;
  return {
    name: 'password',
    icon: 'key',
    heading: texts.password.heading,
    lead: isAdding ? texts.reasons.password_needed : texts.password.lead,
    body: [
      fields(
        field({
          name: 'password',
          label: texts.passwordLabel,
          type: 'password',
          autocomplete: 'current-password',
          error: isBusy ? undefined : fieldError(model, 'password_needed'),
          isBusy,
        }),
        submitButton(model, texts.continue, { send: { type: 'password.submit' }, typed: 'password' }, isBusy),
      ),
    ],
    buttons: [!isBusy && nextWayButton(model), cancelButton(model)],
  };
}

/** Asks for a code. When an app is being added, shows what the app needs first. */
export function code(model: ScreenModel): Screen {
  const { pending, texts, view } = model;
  const factor = view.factor !== undefined && takesCode(view.factor) ? view.factor : 'otp';
  const isNumeric = FACTOR_TRAITS[factor].code === 'digits';
  const isBusy = pending === 'code.submit' || !takes(model, 'code.submit');
  const secret = view.disclosure?.otpSecret;
  const isEnrolling = view.disclosure !== undefined;
  const { heading, lead } = isEnrolling
    ? texts.newOtp
    : { heading: texts.codeHeading, lead: texts.codes[factor] };
  const destination = destinationOf(model);
  return {
    name: `code-${factor}`,
    icon: factorIcons[factor],
    heading,
    lead,
    body: [
      barcode(model),
      secret !== undefined &&
        h(
          'p',
          { key: 'secret', class: 'secret' },
          h('span', { class: 'hint' }, texts.secretLabel),
          h('code', { dir: 'ltr' }, ...grouped(secret)),
        ),
      sendsMessage(factor) && destination !== undefined && sentToLine(texts, destination),
      fields(
        field({
          name: 'code',
          label: texts.codeLabel,
          autocomplete: isNumeric ? 'one-time-code' : 'off',
          ...(isNumeric && { inputmode: 'numeric' }),
          error: isBusy ? undefined : fieldError(model),
          isBusy,
        }),
        submitButton(model, texts.submit, { send: { type: 'code.submit' }, typed: 'code' }, isBusy),
      ),
    ],
    buttons: [
      !isBusy && resendButton(model),
      !isBusy && otherWayButton(model),
      !isBusy && nextWayButton(model),
      cancelButton(model),
    ],
  };
}

/** Where the code was sent, as the user knows it. */
function destinationOf({ destination, view }: ScreenModel): string | undefined {
  if (view.authenticatorId === undefined) return destination;
  return view.authenticators.find(({ id }) => id === view.authenticatorId)?.name;
}

/** A long code in groups of four, which are easier to read and type. Copied, it has no gaps. */
function grouped(code: string): readonly ElementSpec[] {
  return (code.match(/.{1,4}/gs) ?? []).map((four) => h('span', {}, four));
}

/** Shows new recovery codes, once, until the user has saved them. */
export function acknowledging(model: ScreenModel): Screen {
  const { pending, texts, view } = model;
  const codes = view.disclosure?.recoveryCodes ?? [];
  const { heading, lead, saved } = pluralOf(texts.recoveryCodes, codes.length, texts.language);
  const copy = copyButton(model, codes.join('\n'), texts.copyCodes);
  return {
    name: 'acknowledging',
    icon: 'key',
    heading,
    lead,
    body: [
      h(
        'ul',
        { class: 'codes', part: 'codes' },
        ...codes.map((one) => h('li', {}, h('code', { dir: 'ltr' }, ...grouped(one)))),
      ),
      copy && h('p', { key: 'copy', class: 'links' }, copy),
      h('label', { class: 'check' }, h('input', { type: 'checkbox', required: true }), h('span', {}, saved)),
      notice(errorText(model)),
    ],
    buttons: [
      takes(model, 'codes.acknowledge') &&
        button(
          model,
          texts.continue,
          { send: { type: 'codes.acknowledge' } },
          { kind: 'primary', isBusy: pending === 'codes.acknowledge', isSubmit: true },
        ),
    ],
  };
}
