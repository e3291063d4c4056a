import type { EnrollableFactor, FlowView, StepUpRequest } from '@stepgate/core';
import type { StepUpAction } from '../refusal.ts';
import type { RemoteStepUpSnapshot } from '../remote-step-up.ts';
import type { ElementSpec } from './element.ts';
import type { IconName } from './icons.ts';
import type { Texts } from './texts.ts';

/** What the user looks at beside the flow itself: nothing, the list of ways, or the details of a new factor. */
export type Detail = 'none' | 'ways' | Extract<EnrollableFactor, 'sms' | 'voice' | 'email'>;

/** What a screen is drawn from. */
export interface ScreenModel extends Omit<RemoteStepUpSnapshot, 'status'> {
  readonly texts: Texts;
  /** The server's time now, by this device's clock and the difference between the two. */
  readonly now: number;
  readonly action: StepUpAction | undefined;
  readonly detail: Detail;
  /** The name of the screen that is shown. */
  readonly shown: string | undefined;
  /** Whether "I have saved it" is ticked. */
  readonly hasSaved: boolean;
  /** What was copied to the clipboard on this screen. */
  readonly copied: string | undefined;
  readonly canCopy: boolean;
  readonly place: FlowPlace;
  readonly do: ScreenDeeds;
}

/** Where a flow is shown, and the ways out of it. */
export interface FlowPlace {
  /** Ends it: closes the dialog. Without it, `flow.cancel` is sent and a last screen shown. */
  readonly cancel?: (() => void) | undefined;
  /** Back to where the user came from, unconfirmed. */
  readonly goBack?: (() => void) | undefined;
  /** A new flow, after the end of this one. */
  readonly restart?: (() => void) | undefined;
  /** After `flow_in_progress`. */
  readonly takeOver?: (() => void) | undefined;
  /** Where an approval leads; shown as a link. */
  readonly continueTo?: string | undefined;
}

/** What a screen can do. */
export interface ScreenDeeds {
  send(request: StepUpRequest): void;
  show(detail: Detail): void;
  copy(text: string): void;
  save(hasSaved: boolean): void;
}

/** One screen: everything between the card's edges. */
export interface Screen {
  /** Screens of one name are one and the same: what is typed into it stays. */
  readonly name: string;
  readonly icon: IconName;
  readonly tone?: 'busy' | 'waiting' | 'good' | 'bad';
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

/** Whether the flow takes a request. */
export function takes({ view }: { readonly view: FlowView }, type: StepUpRequest['type']): boolean {
  return view.allowedEvents.includes(type);
}
