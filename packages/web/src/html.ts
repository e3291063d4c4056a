import type { FlowView } from '@stepgate/core';
import type { Detail } from './elements/control-action.ts';
import { h } from './elements/element.ts';
import { type FormTarget, toHtml } from './elements/to-html.ts';
import type { RemoteError } from './remote/remote-error.ts';
import type { KeptForm, Unkept } from './screens/kept-form.ts';
import type { ScreenModel } from './screens/screen.ts';
import { screenOf } from './screens/screens.ts';
import type { StepUpAction } from './screens/step-up-action.ts';
import type { AuthenticatorsTexts } from './texts/authenticators-texts.ts';
import { fill, type Texts, withTexts } from './texts/texts.ts';
import { card } from './ui/card.ts';

export { DETAILS, type Detail, TYPED_MEMBERS, tidy } from './elements/control-action.ts';
export { escapeHtml } from './elements/to-html.ts';
export { idleView } from './remote/idle-view.ts';
export { type PageTexts, pageTexts, type SomePageTexts } from './texts/page-texts.ts';
export type { FormTarget, Texts };
export { fill, withTexts };

/** The page of the user's authenticators as the server draws it. Its script does the rest; the page needs it. */
export function authenticatorsToHtml({ heading, needsScript }: AuthenticatorsTexts): {
  readonly html: string;
  readonly heading: string;
} {
  const words = h('noscript', {}, needsScript);
  const section = h('section', { class: 'card authenticators' }, h('h1', { id: 'heading' }, heading), words);
  return { html: toHtml(section, { action: '', start: '', page: () => '', fields: [] }), heading };
}

/** What {@link flowToHtml} writes as HTML. */
export interface FlowMoment {
  readonly view: FlowView;
  /** What the approval is for. */
  readonly action?: StepUpAction | undefined;
  /** Why the last request was refused. */
  readonly error?: Pick<RemoteError, 'code'> | undefined;
  /** What the user has opened besides the flow's own screen. Default `none`. */
  readonly detail?: Detail | undefined;
  /** Where an approval leads. */
  readonly continueTo?: string | undefined;
  /** Where the user came from, to go back without confirming. */
  readonly leaveTo?: string | undefined;
  /**
   * What became of the refused form. If it is kept, the last screen sends it again; the target then has its URL and
   * fields.
   */
  readonly form?: KeptForm | undefined;
  /** Why the refused form is not kept. */
  readonly unkept?: Unkept | undefined;
  /** What is confirmed runs in another login of the user, which has sent them here by a link. */
  readonly isForOther?: boolean;
  /** Whether only the provider's page counts: the start leads there at once. */
  readonly startsOnPage?: boolean | undefined;
  readonly texts: Texts;
}

/**
 * One moment of a flow as HTML. It works without a script, and `renderFlow` takes it over where there is one. For
 * servers: it needs no document.
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
    exits: moment.isForOther === true ? [] : ['restart', 'takeOver'],
    continueTo: moment.continueTo,
    leaveTo: moment.leaveTo,
    form: moment.form,
    destination: undefined,
    isTicking: false,
    unkept: moment.unkept,
    isForOther: moment.isForOther === true,
    display: 'page',
    startsOnPage: moment.startsOnPage === true,
    hasSlots: false,
  };
  const screen = screenOf(model);
  const span = (view.expiresAt ?? view.now) - view.now;
  return { html: toHtml(card(model, screen, { said: '', span }), target), heading: screen.heading };
}
