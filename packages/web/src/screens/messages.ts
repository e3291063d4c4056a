import { type ElementSpec, h } from '../elements/element.ts';
import { isolated, withElements } from '../elements/foreign-text.ts';
import type { Connection } from '../remote/watch-flow.ts';
import { errorSentence, fill, type Texts } from '../texts/texts.ts';
import { formatTime, type ScreenModel } from './screen.ts';

/** What to tell the user about the last request, if it was refused or lost. */
export function errorText({ error, texts }: ScreenModel): string | undefined {
  return error && errorSentence(error.code, texts);
}

/** Why the flow went over to another way by itself, while the user still confirms by that way. */
export function leftWayText({ texts, view: { leftWay, state } }: ScreenModel): string | undefined {
  if (leftWay === undefined || state === 'approved' || state === 'cancelled') return undefined;
  return texts.leftWays[leftWay];
}

/** A message that stands out; nothing without a text. */
export function notice(text: string | undefined): ElementSpec | false {
  return text !== undefined && h('p', { key: 'notice', class: 'notice', part: 'notice' }, text);
}

/** Where something was sent: the name of a phone, a number or an address. */
export function sentToLine({ sentTo }: Texts, destination: string): ElementSpec {
  return h(
    'p',
    { key: 'device', class: 'device', part: 'device' },
    ...withElements(sentTo, { device: isolated(destination) }),
  );
}

/** What the flow is waiting for, and how long it still does. */
export function waitLine({ isTicking, now, texts, view }: ScreenModel, label: string): ElementSpec {
  const left = (view.expiresAt ?? 0) - now;
  return h(
    'p',
    { key: 'wait', class: 'wait', part: 'wait' },
    h('span', { class: 'pulse', 'aria-hidden': 'true' }),
    h('span', {}, label),
    // Not live: a screen reader would read out every second.
    isTicking &&
      left > 0 &&
      h(
        'span',
        { class: 'timer', role: 'timer', 'aria-live': 'off' },
        fill(texts.timeLeft, { time: formatTime(left) }),
      ),
  );
}

/** Whether the flow cannot be followed at the moment, and the user should know. */
export function isCutOff(connection: Connection | undefined): boolean {
  return connection === 'lost' || connection === 'busy';
}

/** Why the flow cannot be followed at the moment. */
export function connectionText({ connection, texts }: ScreenModel): string {
  return connection === 'busy' ? texts.connectionBusy : texts.connectionLost;
}
