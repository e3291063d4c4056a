import type { RemoteStepUpSnapshot } from '../remote/snapshots.ts';
import { connectionText, errorText, isCutOff, leftWayText } from '../screens/messages.ts';
import type { ScreenModel } from '../screens/screen.ts';
import { fill, type Texts } from '../texts/texts.ts';

/** The text of a live region, which announces what happens on a screen. A new screen is announced by its focus. */
export interface Announcer {
  readonly said: string;
  say(text: string): void;
  /** Call it before each drawing, with the snapshot of the drawing before. */
  update(model: ScreenModel, last: RemoteStepUpSnapshot | undefined, isNewScreen: boolean): void;
}

const ONE_MINUTE_MS = 60_000;

/** Makes an announcer for the language of the texts. */
export function createAnnouncer(texts: Texts): Announcer {
  const oneMinute = new Intl.NumberFormat(texts.language, {
    style: 'unit',
    unit: 'minute',
    unitDisplay: 'long',
  }).format(1);
  let said = '';
  let leftBefore = 0;
  return {
    get said() {
      return said;
    },
    say(text) {
      said = text;
    },
    update(model, last, isNewScreen) {
      const { connection, error, now, view } = model;
      const left = (view.expiresAt ?? 0) - now;
      const leftWay = leftWayText(model);
      // The screens that follow at once must not cut it short.
      if (leftWay !== undefined && view.leftWay !== last?.view.leftWay) said = leftWay;
      else if (isNewScreen) said = said === leftWay ? said : '';
      else if (view.reason !== last?.view.reason && view.reason) said = texts.reasons[view.reason];
      else if (error !== last?.error && error) said = errorText(model) ?? '';
      else if (connection !== last?.connection && isCutOff(connection)) said = connectionText(model);
      else if (connection === 'live' && isCutOff(last?.connection)) said = texts.connectionBack;
      else if (left <= ONE_MINUTE_MS && leftBefore > ONE_MINUTE_MS)
        said = fill(texts.timeLeft, { time: oneMinute });
      leftBefore = left;
    },
  };
}
