import type { ControlAction } from '../elements/control-action.ts';
import { button, cancelButton, goBackButton } from './buttons.ts';
import { errorText, notice } from './messages.ts';
import { type Screen, type ScreenModel, takes } from './screen.ts';

/** Before the flow has started: nothing has been sent to a phone. */
export function ready(model: ScreenModel): Screen {
  const { error, exits, pending, startsOnPage, texts, unkept } = model;
  const isOther = error?.code === 'flow_in_progress' && exits.includes('takeOver');
  const action: ControlAction = isOther ? { leave: 'takeOver' } : { send: { type: 'flow.start' } };
  const { heading, lead } = startsOnPage ? texts.hosted.choosing : texts.states.idle;
  const label = startsOnPage ? texts.hosted.leave : texts.start;
  const canStart = takes(model, 'flow.start');
  return {
    name: 'ready',
    icon: 'shield',
    heading,
    lead: canStart ? lead : texts.expiredRequirement.lead,
    body: [notice(errorText(model) ?? (unkept && texts.unkept[unkept]))],
    buttons: [
      canStart &&
        button(model, isOther ? texts.cancelOther : label, action, {
          kind: 'primary',
          isBusy: pending === 'flow.start',
        }),
      goBackButton(model, 'quiet') || cancelButton(model),
    ],
  };
}

/** The requirement has expired or is not valid here: it cannot start a flow any more. */
export function outdated(model: ScreenModel): Screen {
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
