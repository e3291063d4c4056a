import type { PushCodeView } from '@stepgate/core';
import { h } from '../elements/element.ts';
import { fill } from '../texts/texts.ts';
import { barcode } from './barcode.ts';
import {
  cancelButton,
  leaveButton,
  nextWayButton,
  otherWayButton,
  resendButton,
  submitButton,
} from './buttons.ts';
import { field, fieldError, fields } from './field.ts';
import { errorText, notice, sentToLine, waitLine } from './messages.ts';
import { type Screen, type ScreenModel, takes } from './screen.ts';

/** A phone is being added: the user scans the QR code. */
export function confirming(model: ScreenModel): Screen {
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

/** The user is on the provider's page, or has closed it: nobody here can tell. */
export function redirecting(model: ScreenModel): Screen {
  const { display, texts } = model;
  const { heading, lead } = texts.states.redirecting;
  const isWindow = display === 'popup';
  const host = hostOf(model.view.disclosure?.authorizationUrl);
  return {
    name: 'redirecting',
    icon: 'leave',
    tone: 'waiting',
    heading,
    lead,
    body: [
      host !== undefined && h('p', { key: 'host', class: 'hint' }, fill(texts.hosted.where, { host })),
      waitLine(model, texts.hosted.waiting),
      notice(errorText(model)),
    ],
    buttons: [
      leaveButton(model, isWindow ? texts.hosted.openAgain : texts.hosted.leave),
      isWindow && leaveButton(model, texts.hosted.here, { kind: 'secondary', display: 'page' }),
      otherWayButton(model),
      nextWayButton(model),
      cancelButton(model),
    ],
  };
}

function hostOf(address: string | undefined): string | undefined {
  return address === undefined ? undefined : new URL(address).host;
}

/** A push is out: the user answers on the phone and, where it shows a code, types that here. */
export function polling(model: ScreenModel): Screen {
  return model.view.pushCode?.isAwaited === true && takes(model, 'code.submit')
    ? pushCode(model, model.view.pushCode)
    : answering(model);
}

function answering(model: ScreenModel): Screen {
  const { texts, view } = model;
  const { heading, lead } = texts.states.polling;
  const isEntered = view.pushCode?.entry === 'typed';
  const shown = view.disclosure?.pushCode;
  const name = view.authenticators.find(({ id }) => id === view.authenticatorId)?.name;
  return {
    name: 'polling',
    icon: 'phone',
    tone: 'waiting',
    heading,
    lead: isEntered ? texts.pushCode.entered : lead,
    body: [
      shown !== undefined &&
        h(
          'p',
          { key: 'push-code', class: 'secret' },
          h('span', { class: 'hint' }, texts.pushCode.compare),
          h('code', { dir: 'ltr' }, shown),
        ),
      name !== undefined && sentToLine(texts, name),
      waitLine(model, texts.waitingForAnswer),
      notice(errorText(model) ?? (view.notice && texts.notices[view.notice])),
    ],
    buttons: [resendButton(model), otherWayButton(model), nextWayButton(model), cancelButton(model)],
  };
}

/** The user types the code that the phone shows, before or after the answer there. */
function pushCode(model: ScreenModel, { shown, isAnswered }: PushCodeView): Screen {
  const { pending, texts, view } = model;
  const isBusy = pending === 'code.submit';
  const { heading, lead } = shown === 'code' ? texts.pushCode.code : texts.pushCode.action;
  return {
    name: 'push-code',
    icon: 'phone',
    tone: 'waiting',
    heading,
    lead: isAnswered ? texts.pushCode.answered : lead,
    body: [
      fields(
        field({
          name: 'code',
          label: texts.codeLabel,
          autocomplete: 'off',
          error: isBusy ? undefined : fieldError(model),
          isBusy,
        }),
        submitButton(model, texts.submit, { send: { type: 'code.submit' }, typed: 'code' }, isBusy),
      ),
      waitLine(model, texts.waitingForAnswer),
      notice(view.notice && texts.notices[view.notice]),
    ],
    buttons: [resendButton(model), otherWayButton(model), nextWayButton(model), cancelButton(model)],
  };
}
