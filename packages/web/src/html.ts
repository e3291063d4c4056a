import type { FlowView } from '@stepgate/core';
import type { Detail } from './elements/control-action.ts';
import { h } from './elements/element.ts';
import { type FormTarget, toHtml } from './elements/to-html.ts';
import type { RemoteError } from './remote/remote-error.ts';
import type { AuthenticatorsTexts } from './texts/authenticators-texts.ts';
import { fill, type Texts, withTexts } from './texts/texts.ts';
import { card } from './ui/card.ts';
import type { KeptForm, Unkept } from './ui/kept-form.ts';
import type { ScreenModel } from './ui/screen.ts';
import { screenOf } from './ui/screens.ts';
import type { StepUpAction } from './ui/step-up-action.ts';

export { DETAILS, type Detail, TYPED_MEMBERS, tidy } from './elements/control-action.ts';
export { escapeHtml } from './elements/to-html.ts';
export { idleView } from './remote/idle-view.ts';
export { type PageTexts, pageTexts, type SomePageTexts } from './texts/page-texts.ts';
export type { FormTarget, Texts };
export { fill, withTexts };

/** The page of the user's authenticators before its script has taken it over: all that it is without one. */
export function authenticatorsToHtml({ heading, needsScript }: AuthenticatorsTexts): {
  readonly html: string;
  readonly heading: string;
} {
  const words = h('noscript', {}, needsScript);
  const section = h('section', { class: 'card authenticators' }, h('h1', { id: 'heading' }, heading), words);
  return { html: toHtml(section, { action: '', start: '', page: () => '', fields: [] }), heading };
}

/** What {@link flowToHtml} writes down. */
export interface FlowMoment {
  readonly view: FlowView;
  /** What the approval is for. */
  readonly action?: StepUpAction | undefined;
  /** Why the last request was refused. */
  readonly error?: Pick<RemoteError, 'code'> | undefined;
  /** What the user looks at beside the flow itself. Default `none`. */
  readonly detail?: Detail | undefined;
  /** Where an approval leads. */
  readonly continueTo?: string | undefined;
  /** Back to where the user came from, unconfirmed. */
  readonly leaveTo?: string | undefined;
  /**
   * What has become of what was sent before: where it is kept, the approval leads on by the form itself, whose target
   * and fields are its.
   */
  readonly form?: KeptForm | undefined;
  /** Why what was sent before is not kept. */
  readonly unkept?: Unkept | undefined;
  readonly texts: Texts;
}

/**
 * One moment of a flow as HTML that works without a script, and that `renderFlow` takes over where there is one. For
 * servers: it touches no document.
 */
export function flowToHtml(
  moment: FlowMoment,
  target: FormTarget,
): { readonly html: string; readonly heading: string } {
  const { view, texts } = moment;
  const model: ScreenModel = {
    view,
    error: moment.error && { code: moment.error.code, message: '' },
    texts,
    now: view.now,
    action: moment.action,
    detail: moment.detail ?? 'none',
    shown: undefined,
    copied: undefined,
    canCopy: false,
    exits: ['restart', 'takeOver'],
    continueTo: moment.continueTo,
    leaveTo: moment.leaveTo,
    form: moment.form,
    destination: undefined,
    isTicking: false,
    unkept: moment.unkept,
    hasSlots: false,
  };
  const screen = screenOf(model);
  const span = (view.expiresAt ?? view.now) - view.now;
  return { html: toHtml(card(model, screen, { said: '', span }), target), heading: screen.heading };
}
