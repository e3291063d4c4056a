import { h } from '../elements/element.ts';
import { barcode } from './barcode.ts';
import { cancelButton, otherWayButton, resendButton } from './buttons.ts';
import { errorText, notice, sentToLine, waitLine } from './messages.ts';
import type { Screen, ScreenModel } from './screen.ts';

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

/** A push is out: the user answers on the phone. */
export function polling(model: ScreenModel): Screen {
  const { texts, view } = model;
  const { heading, lead } = texts.states.polling;
  const name = view.authenticators.find(({ id }) => id === view.authenticatorId)?.name;
  return {
    name: 'polling',
    icon: 'phone',
    tone: 'waiting',
    heading,
    lead,
    body: [
      name !== undefined && sentToLine(texts, name),
      waitLine(model, texts.waitingForAnswer),
      notice(errorText(model) ?? (view.notice && texts.notices[view.notice])),
    ],
    buttons: [resendButton(model), otherWayButton(model), cancelButton(model)],
  };
}
