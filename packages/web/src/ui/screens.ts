import type { AddressedFactor, Authenticator, EnrollableFactor, Factor, FlowStateName } from '@stepgate/core';
import { addressMember, FACTOR_TRAITS, isAddressed, sendsMessage, takesCode } from '@stepgate/core/ui';
import { type ControlAction, PHONE_PATTERN } from '../elements/control-action.ts';
import { type ElementSpec, h } from '../elements/element.ts';
import { isolated, withElements } from '../elements/foreign-text.ts';
import { factorIcons, icon } from '../elements/icons.ts';
import { qrCode } from '../elements/qr-code.ts';
import { fill, pluralOf, type Texts } from '../texts/texts.ts';
import {
  type ButtonKind,
  button,
  cancelButton,
  errorText,
  field,
  laterLabel,
  otherAuthenticators,
  otherEnrollable,
  otherWayButton,
  resendButton,
} from './controls.ts';
import { formatTime, type Screen, type ScreenModel, takes } from './screen.ts';

/** The screen for a moment of a flow. What it offers comes from `allowedEvents` alone. */
export function screenOf(model: ScreenModel): Screen {
  const { detail, view } = model;
  if (detail === 'ways' && hasWays(model)) return ways(model, 'ways');
  if (detail !== 'none' && detail !== 'ways' && takes(model, 'enrollment.begin'))
    return newAddress(model, detail);
  return screens[view.state]?.(model) ?? working(model);
}

const screens: Readonly<Record<FlowStateName, (model: ScreenModel) => Screen>> = {
  idle,
  authenticating: (model) =>
    takes(model, 'password.submit') || model.shown === 'password' ? password(model) : working(model),
  listing: working,
  choosing: (model) => ways(model, 'choosing'),
  enrolling: working,
  confirming,
  challenging: working,
  polling,
  prompting: code,
  verifying: (model) => (model.shown?.startsWith('code-') ? code(model) : working(model)),
  identifying: working,
  acknowledging,
  approved,
  rejected: atRest,
  expired: atRest,
  failed: atRest,
  cancelled,
};

function working(model: ScreenModel): Screen {
  const { state } = model.view;
  const { heading, lead } = textOf(model, state === 'idle' ? 'authenticating' : state);
  return { name: 'working', icon: 'shield', tone: 'busy', heading, lead, buttons: [cancelButton(model)] };
}

function textOf({ texts }: ScreenModel, state: FlowStateName): { heading: string; lead: string } {
  return state === 'prompting' || state === 'acknowledging' || state === 'failed'
    ? { heading: texts.failed, lead: '' }
    : texts.states[state];
}

function idle(model: ScreenModel): Screen {
  const { error, exits, pending, texts, unkept } = model;
  if (error?.code === 'requirement_expired' || error?.code === 'requirement_invalid') return outdated(model);
  if (pending === 'flow.start' && model.shown !== 'ready') return working(model);
  const isOther = error?.code === 'flow_in_progress' && exits.includes('takeOver');
  const action: ControlAction = isOther ? { leave: 'takeOver' } : { send: { type: 'flow.start' } };
  const { heading, lead } = texts.states.idle;
  return {
    name: 'ready',
    icon: 'shield',
    heading,
    lead: takes(model, 'flow.start') ? lead : texts.expiredRequirement.lead,
    body: [notice(errorText(model) ?? (unkept && texts.unkept[unkept]))],
    buttons: [
      takes(model, 'flow.start') &&
        button(model, isOther ? texts.cancelOther : texts.start, action, {
          kind: 'primary',
          isBusy: pending === 'flow.start',
        }),
      wayOut(model),
    ],
  };
}

function wayOut(model: ScreenModel): ElementSpec | false {
  return goBackButton(model, 'quiet') || cancelButton(model);
}

function goBackButton(model: ScreenModel, kind: ButtonKind): ElementSpec | false {
  const { exits, leaveTo, texts } = model;
  if (leaveTo !== undefined) return link(leaveTo, texts.goBack, kind);
  return exits.includes('goBack') && button(model, texts.goBack, { leave: 'goBack' }, { kind });
}

function link(href: string, label: string, kind: ButtonKind): ElementSpec {
  return h('a', { key: label, class: `button ${kind}`, part: `button ${kind}`, href }, label);
}

function outdated(model: ScreenModel): Screen {
  const { exits, texts } = model;
  const { heading, lead } = texts.expiredRequirement;
  return {
    name: 'outdated',
    icon: 'clock',
    tone: 'bad',
    heading,
    lead,
    buttons: [
      goBackButton(model, 'primary') ||
        (exits.includes('cancel') && button(model, texts.close, { leave: 'cancel' }, { kind: 'primary' })),
    ],
  };
}

function password(model: ScreenModel): Screen {
  const { pending, texts, view } = model;
  const isBusy = pending === 'password.submit' || !takes(model, 'password.submit');
  // Said for as long as it holds: a wrong password has a reason of its own.
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
    buttons: [cancelButton(model)],
  };
}

function fields(...children: readonly ElementSpec[]): ElementSpec {
  return h('div', { key: 'fields', class: 'fields' }, ...children);
}

function submitButton(
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

/** Why what was typed did not do, unless the reason is no fault. */
function fieldError(model: ScreenModel, harmless?: string): string | undefined {
  const { reason } = model.view;
  return (
    errorText(model) ??
    (reason === undefined || reason === harmless ? undefined : model.texts.reasons[reason])
  );
}

function hasWays(model: ScreenModel): boolean {
  return takes(model, 'factor.choose') || takes(model, 'enrollment.begin');
}

function ways(model: ScreenModel, name: 'choosing' | 'ways'): Screen {
  const { texts, view } = model;
  const authenticators = otherAuthenticators(model);
  const enrollable = otherEnrollable(model);
  const { heading, lead } = name === 'ways' ? texts.chooseWay : texts.states.choosing;
  return {
    name,
    icon: 'shield',
    heading,
    lead,
    body: [
      notice(
        errorText(model) ??
          (view.state === 'choosing' && view.reason ? texts.reasons[view.reason] : undefined),
      ),
      h(
        'ul',
        { class: 'ways' },
        ...authenticators.map((one) => h('li', { key: one.id }, authenticatorWay(model, one))),
        ...enrollable.map((factor) => h('li', { key: `+${factor}` }, newWay(model, factor))),
      ),
    ],
    buttons:
      name === 'ways'
        ? [button(model, texts.back, { show: 'none' }, { kind: 'quiet' })]
        : [cancelButton(model)],
  };
}

function authenticatorWay(model: ScreenModel, { id, factor, name }: Authenticator): ElementSpec {
  const { texts, view } = model;
  const waitUntil = view.messageAllowedAt?.[id] ?? 0;
  const action: ControlAction = { send: { type: 'factor.choose', authenticatorId: id } };
  return way(model, { factor, label: texts.factors[factor], hint: name, waitUntil, action });
}

function newWay(model: ScreenModel, factor: EnrollableFactor): ElementSpec {
  const action: ControlAction = isAddressed(factor)
    ? { show: factor }
    : { send: { type: 'enrollment.begin', factor } };
  const waitUntil = model.view.messageAllowedAt?.[factor] ?? 0;
  return way(model, { factor, label: model.texts.addFactors[factor], waitUntil, action });
}

function way(
  model: ScreenModel,
  options: {
    readonly factor: Factor;
    readonly label: string;
    readonly hint?: string | undefined;
    readonly waitUntil?: number;
    readonly action: ControlAction;
  },
): ElementSpec {
  const { factor, label, hint, waitUntil = 0, action } = options;
  const isOff = model.pending !== undefined || waitUntil > model.now;
  return h(
    'button',
    { class: 'way', part: 'way', type: 'button', onPress: action, 'aria-disabled': isOff && 'true' },
    icon(factorIcons[factor]),
    h(
      'span',
      { class: 'way-text' },
      h('span', {}, laterLabel(model, label, waitUntil)),
      hint !== undefined && h('span', { class: 'hint' }, isolated(hint)),
    ),
    icon('chevron'),
  );
}

function newAddress(model: ScreenModel, factor: AddressedFactor): Screen {
  const { pending, texts } = model;
  const isEmail = addressMember(factor) === 'email';
  const member = isEmail ? 'email' : 'phoneNumber';
  return {
    name: `new-${factor}`,
    icon: factorIcons[factor],
    heading: texts.addFactors[factor],
    lead: texts.newAddress,
    body: [
      fields(
        field({
          name: member,
          label: isEmail ? texts.emailLabel : texts.phoneLabel,
          type: isEmail ? 'email' : 'tel',
          autocomplete: isEmail ? 'email' : 'tel',
          ...(!isEmail && { hint: texts.phoneHint, pattern: PHONE_PATTERN }),
          error: errorText(model),
        }),
        submitButton(
          model,
          texts.continue,
          { send: { type: 'enrollment.begin', factor }, typed: member },
          pending !== undefined,
        ),
      ),
    ],
    buttons: [button(model, texts.back, { show: 'ways' }, { kind: 'quiet' })],
  };
}

function confirming(model: ScreenModel): Screen {
  const { texts } = model;
  const { heading, lead } = texts.states.confirming;
  return {
    name: 'confirming',
    icon: 'phone',
    heading,
    lead,
    body: [
      h('ol', { class: 'steps' }, ...texts.scanSteps.map((step) => h('li', {}, step))),
      barcode(model),
      waitLine(model, texts.waitingForScan),
      notice(errorText(model)),
    ],
    buttons: [otherWayButton(model), cancelButton(model)],
  };
}

function barcode(model: ScreenModel): ElementSpec | false {
  const { canCopy, copied, texts } = model;
  const uri = model.view.disclosure?.barcodeUri;
  if (uri === undefined) return false;
  return h(
    'div',
    { key: 'barcode', class: 'barcode' },
    qrCode(uri, texts.qrLabel),
    h(
      'p',
      { class: 'links' },
      // Anything else than the link of an authenticator app has no business here.
      /^otpauth:/i.test(uri) && h('a', { href: uri, part: 'link' }, texts.openHere),
      canCopy &&
        h(
          'button',
          { class: 'link', type: 'button', onPress: { copy: uri } },
          copied === uri ? texts.copied : texts.copyLink,
        ),
    ),
  );
}

function waitLine({ isTicking, now, texts, view }: ScreenModel, label: string): ElementSpec {
  const left = (view.expiresAt ?? 0) - now;
  return h(
    'p',
    { key: 'wait', class: 'wait', part: 'wait' },
    h('span', { class: 'pulse', 'aria-hidden': 'true' }),
    h('span', {}, label),
    // Off: a screen reader would read every second.
    isTicking &&
      left > 0 &&
      h(
        'span',
        { class: 'timer', role: 'timer', 'aria-live': 'off' },
        fill(texts.timeLeft, { time: formatTime(left) }),
      ),
  );
}

function polling(model: ScreenModel): Screen {
  const { texts, view } = model;
  const { heading, lead } = texts.states.polling;
  const device = view.authenticators.find(({ id }) => id === view.authenticatorId)?.name;
  return {
    name: 'polling',
    icon: 'phone',
    tone: 'waiting',
    heading,
    lead,
    body: [
      device !== undefined && destination(texts, device),
      waitLine(model, texts.waitingForAnswer),
      notice(errorText(model) ?? (view.notice && texts.notices[view.notice])),
    ],
    buttons: [resendButton(model), otherWayButton(model), cancelButton(model)],
  };
}

/** Where it was sent. */
function destination({ sentTo }: Texts, device: string): ElementSpec {
  return h(
    'p',
    { key: 'device', class: 'device', part: 'device' },
    ...withElements(sentTo, { device: isolated(device) }),
  );
}

function code(model: ScreenModel): Screen {
  const { pending, texts, view } = model;
  const factor = view.factor !== undefined && takesCode(view.factor) ? view.factor : 'otp';
  const isNumeric = FACTOR_TRAITS[factor].code === 'digits';
  const isBusy = pending === 'code.submit' || !takes(model, 'code.submit');
  const secret = view.disclosure?.otpSecret;
  const isEnrolling = view.disclosure !== undefined;
  const { heading, lead } = isEnrolling
    ? texts.newOtp
    : { heading: texts.codeHeading, lead: texts.codes[factor] };
  const device =
    view.authenticatorId === undefined
      ? model.destination
      : view.authenticators.find(({ id }) => id === view.authenticatorId)?.name;
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
      sendsMessage(factor) && device !== undefined && destination(texts, device),
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
    buttons: [!isBusy && resendButton(model), !isBusy && otherWayButton(model), cancelButton(model)],
  };
}

/** A long code in fours, which can be read and typed, and break where they end. They are copied without gaps. */
function grouped(code: string): readonly ElementSpec[] {
  return (code.match(/.{1,4}/gs) ?? []).map((four) => h('span', {}, four));
}

function acknowledging(model: ScreenModel): Screen {
  const { canCopy, copied, pending, texts, view } = model;
  const codes = view.disclosure?.recoveryCodes ?? [];
  const all = codes.join('\n');
  const { heading, lead, saved } = pluralOf(texts.recoveryCodes, codes.length, texts.language);
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
      canCopy &&
        h(
          'p',
          { key: 'copy', class: 'links' },
          h(
            'button',
            { class: 'link', type: 'button', onPress: { copy: all } },
            copied === all ? texts.copied : texts.copyCodes,
          ),
        ),
      h('label', { class: 'check' }, h('input', { type: 'checkbox', required: true }), h('span', {}, saved)),
      notice(errorText(model)),
    ],
    buttons: [
      takes(model, 'codes.acknowledge') &&
        button(
          model,
          texts.continue,
          { send: { type: 'codes.acknowledge' } },
          {
            kind: 'primary',
            isBusy: pending === 'codes.acknowledge',
            isSubmit: true,
          },
        ),
    ],
  };
}

function approved({ continueTo, form, texts, view }: ScreenModel): Screen {
  const { heading, lead } = view.adds === undefined ? texts.states.approved : texts.added;
  const leaving = form === 'gone' ? texts.nothingLeft : texts.returning;
  return {
    name: 'approved',
    icon: 'check',
    tone: 'good',
    heading,
    lead: form === 'kept' ? texts.resending : continueTo === undefined ? lead : leaving,
    buttons: [
      form === 'kept'
        ? h('button', { class: 'button primary', part: 'button primary', type: 'submit' }, texts.continue)
        : continueTo !== undefined && link(continueTo, texts.continue, 'primary'),
    ],
  };
}

/** Rejected, expired or failed: why, and what can be done next. */
function atRest(model: ScreenModel): Screen {
  const { pending, texts, view } = model;
  const reason = view.reason && texts.reasons[view.reason];
  // This window has sent nothing.
  const isElsewhere = view.reason === 'push_in_progress';
  const { heading, lead } = textOf(model, view.state);
  const resend = resendButton(model, 'primary');
  const canRetry = takes(model, 'flow.retry');
  return {
    name: view.state,
    icon: view.state === 'expired' || isElsewhere ? 'clock' : view.state === 'rejected' ? 'cross' : 'alert',
    tone: isElsewhere ? 'calm' : 'bad',
    heading: isElsewhere ? texts.waitingElsewhere : heading,
    lead: view.state === 'rejected' ? `${lead} ${reason ?? ''}`.trim() : (reason ?? lead),
    body: [notice(errorText(model))],
    buttons: [
      resend,
      canRetry &&
        resend === false &&
        button(
          model,
          texts.retry,
          { send: { type: 'flow.retry' } },
          {
            kind: 'primary',
            waitUntil: view.retryAllowedAt,
            isBusy: pending === 'flow.retry',
          },
        ),
      otherWayButton(model),
      canRetry &&
        resend !== false &&
        !isElsewhere &&
        button(
          model,
          texts.startOver,
          { send: { type: 'flow.retry' } },
          {
            waitUntil: view.retryAllowedAt,
          },
        ),
      cancelButton(model),
    ],
  };
}

function cancelled(model: ScreenModel): Screen {
  const { exits, texts } = model;
  const { heading, lead } = texts.states.cancelled;
  return {
    name: 'cancelled',
    icon: 'cross',
    heading,
    lead,
    buttons: [
      exits.includes('restart') && button(model, texts.startAgain, { leave: 'restart' }, { kind: 'primary' }),
      goBackButton(model, 'secondary'),
    ],
  };
}

function notice(text: string | undefined): ElementSpec | false {
  return text !== undefined && h('p', { key: 'notice', class: 'notice', part: 'notice' }, text);
}
