import type { FlowView } from '@stepgate/core';
import { isHosted } from '@stepgate/core/ui';
import { type ElementSpec, h } from '../elements/element.ts';
import type { IconName } from '../elements/icons.ts';
import type { Texts } from '../texts/texts.ts';
import {
  button,
  buttonLink,
  cancelButton,
  goBackButton,
  leaveButton,
  nextWayButton,
  otherWayButton,
  resendButton,
} from './buttons.ts';
import { errorText, notice } from './messages.ts';
import { type Screen, type ScreenModel, takes } from './screen.ts';

/** The flow has ended well. */
export function approved({ continueTo, form, isForOther, texts, view }: ScreenModel): Screen {
  const { heading, lead } = view.adds === undefined ? texts.states.approved : texts.added;
  const leaving = form === 'gone' ? texts.nothingLeft : texts.returning;
  return {
    name: 'approved',
    icon: 'check',
    tone: 'good',
    heading,
    lead: isForOther
      ? texts.forOther.approved
      : form === 'kept'
        ? texts.resending
        : continueTo === undefined
          ? lead
          : leaving,
    buttons: [
      form === 'kept'
        ? h('button', { class: 'button primary', part: 'button primary', type: 'submit' }, texts.continue)
        : continueTo !== undefined && buttonLink(continueTo, texts.continue, 'primary'),
    ],
  };
}

type Rest = 'rejected' | 'expired' | 'failed';

/** Rejected, expired or failed: says why, and what the user can do next. */
export function atRest(model: ScreenModel, state: Rest): Screen {
  const { texts, view } = model;
  const { heading, lead } = state === 'failed' ? { heading: texts.failed, lead: '' } : texts.states[state];
  // Another window has sent the push, and this one has sent nothing.
  const isElsewhere = view.reason === 'push_in_progress';
  return {
    name: state,
    icon: isElsewhere ? 'clock' : REST_ICONS[state],
    tone: isElsewhere ? 'calm' : 'bad',
    heading: isElsewhere ? texts.waitingElsewhere : heading,
    lead: leadOf(model, state, lead),
    body: [notice(errorText(model))],
    buttons: restButtons(model, isElsewhere),
  };
}

function leadOf({ texts, view }: ScreenModel, state: Rest, lead: string): string {
  const reason = view.reason && texts.reasons[view.reason];
  if (view.factor !== undefined && isHosted(view.factor)) return hostedLead(view, texts) ?? reason ?? lead;
  if (state !== 'rejected') return reason ?? lead;
  // Nobody has denied it: the code that the phone showed was typed wrong too often.
  if (view.reason === 'code_refused') return texts.pushCode.refused;
  return `${lead} ${reason ?? ''}`.trim();
}

/** What to say of the provider's page, where nothing was sent to a phone. */
function hostedLead({ reason }: FlowView, { hosted }: Texts): string | undefined {
  switch (reason) {
    case 'rejected':
      return hosted.rejected;
    case 'challenge_expired':
      return hosted.expired;
    case 'subject_mismatch':
      return hosted.otherUser;
    default:
      return undefined;
  }
}

const REST_ICONS: Readonly<Record<Rest, IconName>> = { rejected: 'cross', expired: 'clock', failed: 'alert' };

function restButtons(model: ScreenModel, isElsewhere: boolean): readonly (ElementSpec | false)[] {
  const { pending, texts, view } = model;
  const isHere = view.factor !== undefined && isHosted(view.factor);
  const leave = isHere && leaveButton(model, texts.hosted.leave);
  const resend = leave === false ? resendButton(model, 'primary') : leave;
  const canRetry = takes(model, 'flow.retry');
  const retry = { send: { type: 'flow.retry' } } as const;
  const waitUntil = view.retryAllowedAt;
  const isBusy = pending === 'flow.retry';
  return [
    resend,
    canRetry && resend === false && button(model, texts.retry, retry, { kind: 'primary', waitUntil, isBusy }),
    otherWayButton(model),
    nextWayButton(model),
    canRetry && resend !== false && !isElsewhere && button(model, texts.startOver, retry, { waitUntil }),
    cancelButton(model),
  ];
}

/** The flow was cancelled. */
export function cancelled(model: ScreenModel): Screen {
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
