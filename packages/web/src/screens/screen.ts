import type { Display, FlowView, StepUpRequest } from '@stepgate/core';
import type { Detail, Exit } from '../elements/control-action.ts';
import type { ElementSpec } from '../elements/element.ts';
import type { IconName } from '../elements/icons.ts';
import type { RemoteStepUpSnapshot } from '../remote/snapshots.ts';
import type { Texts } from '../texts/texts.ts';
import type { KeptForm, Unkept } from './kept-form.ts';
import type { StepUpAction } from './step-up-action.ts';

/** What a screen is drawn from. */
export interface ScreenModel extends Omit<RemoteStepUpSnapshot, 'status'> {
  readonly texts: Texts;
  /** The server's time now: this device's clock, corrected by the difference between the two. */
  readonly now: number;
  readonly action: StepUpAction | undefined;
  readonly detail: Detail;
  /** The number or address that the user has just typed and that the code goes to. */
  readonly destination: string | undefined;
  /** The screen is redrawn as time passes. */
  readonly isTicking: boolean;
  /** The name of the screen that is on display. */
  readonly shown: string | undefined;
  /** What was copied to the clipboard on this screen. */
  readonly copied: string | undefined;
  readonly canCopy: boolean;
  /** The ways to leave that exist here. */
  readonly exits: readonly Exit[];
  /** Where an approval leads, as a link. */
  readonly continueTo: string | undefined;
  /** Where the user came from, to go back without confirming. */
  readonly leaveTo: string | undefined;
  /** The refused form: kept, so that it can be sent again after the approval, or gone. */
  readonly form: KeptForm | undefined;
  /** Why the refused form is not kept. */
  readonly unkept: Unkept | undefined;
  /** What is confirmed runs in another login of the user, which has sent them here by a link. */
  readonly isForOther: boolean;
  /** Where the provider's page is opened. */
  readonly display: Display;
  /** Whether only the provider's page counts: the start leads there at once. */
  readonly startsOnPage: boolean;
  /** The card is drawn into a shadow root and has slots for the app's elements. */
  readonly hasSlots: boolean;
}

/** One screen: what the card shows. */
export interface Screen {
  /** Two screens with one name are the same screen: what the user typed stays. */
  readonly name: string;
  readonly icon: IconName;
  readonly tone?: 'calm' | 'busy' | 'waiting' | 'good' | 'bad';
  readonly heading: string;
  readonly lead: string;
  readonly body?: readonly (ElementSpec | false)[];
  readonly buttons?: readonly (ElementSpec | false)[];
}

/** "4:05", rounded up. */
export function formatTime(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** "in 15 seconds", "in 2 minutes": rounded up. */
export function formatWhen(ms: number, language: string): string {
  const seconds = Math.ceil(ms / 1_000);
  const format = new Intl.RelativeTimeFormat(language);
  return seconds < 60 ? format.format(seconds, 'second') : format.format(Math.ceil(seconds / 60), 'minute');
}

/** Whether the flow takes a request. */
export function takes({ view }: { readonly view: FlowView }, type: StepUpRequest['type']): boolean {
  return view.allowedEvents.includes(type);
}
