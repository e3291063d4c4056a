import type { EnrollableFactor } from '@stepgate/core';
import { addressMember } from '@stepgate/core/ui';
import { PHONE_PATTERN } from '../elements/control-action.ts';
import { type ElementSpec, h } from '../elements/element.ts';
import { isolated, withElements, withoutBidiControls } from '../elements/foreign-text.ts';
import { factorIcons, icon } from '../elements/icons.ts';
import type { AuthenticatorsTexts } from '../texts/authenticators-texts.ts';
import { fill, type Texts } from '../texts/texts.ts';
import type { AuthenticatorList, ManagedAuthenticator, NamedAuthenticator } from './authenticators-client.ts';

/** A question to the user, in front of the list. */
export type Question = { readonly removal: ManagedAuthenticator } | { readonly addition: EnrollableFactor };

/** What the page shows. */
export interface AuthenticatorsModel {
  /** Absent until the user has confirmed and may see it. */
  readonly list?: AuthenticatorList | undefined;
  readonly isLoading: boolean;
  readonly isBusy: boolean;
  readonly question?: Question | undefined;
  /** What went wrong with the last request. */
  readonly problem?: string | undefined;
  /** What the live region says. */
  readonly said: string;
  /** Where the user came from. */
  readonly leaveTo?: string | undefined;
  readonly texts: AuthenticatorsTexts;
  readonly flowTexts: Texts;
}

/** What a control of the page does: its `data-action`. Its `data-which` names the authenticator or the factor. */
export type AuthenticatorsAction = 'unlock' | 'ask-removal' | 'ask-addition' | 'remove' | 'add' | 'withdraw';

/** The authenticator in words: its kind, and its name or number if it has one. */
export function wordsOf(
  { factor, name }: Omit<NamedAuthenticator, 'id'>,
  texts: AuthenticatorsTexts,
): string {
  return name === undefined ? texts.kinds[factor] : `${texts.kinds[factor]} (${withoutBidiControls(name)})`;
}

/** The card of the page. */
export function authenticatorsCard(model: AuthenticatorsModel): ElementSpec {
  const { flowTexts, leaveTo, list, problem, question, said, texts } = model;
  return h(
    'section',
    { class: 'card authenticators', part: 'card', lang: flowTexts.language, 'aria-labelledby': 'heading' },
    h('h1', { id: 'heading', tabindex: -1, part: 'heading' }, texts.heading),
    h('p', { class: 'lead', part: 'lead' }, texts.lead),
    problem !== undefined && h('p', { key: 'problem', class: 'notice', role: 'alert' }, problem),
    ...(list === undefined ? locked(model) : listed(model, list)),
    leaveTo !== undefined &&
      h(
        'div',
        { key: 'leave', class: 'buttons' },
        h('a', { class: 'button quiet', href: leaveTo }, texts.goBack),
      ),
    question !== undefined && dialog(model, question),
    h('p', { key: 'said', class: 'visually-hidden', role: 'status' }, said),
  );
}

function locked({ isBusy, isLoading, flowTexts, texts }: AuthenticatorsModel): readonly ElementSpec[] {
  if (isLoading) return [h('p', { key: 'loading', class: 'hint' }, texts.loading)];
  const label = isBusy ? flowTexts.busy : texts.unlock;
  return [
    h('p', { key: 'locked', class: 'lead' }, texts.locked),
    h(
      'div',
      { key: 'unlock', class: 'buttons' },
      control({ action: 'unlock', label, kind: 'primary', isBusy }),
    ),
  ];
}

function listed(
  model: AuthenticatorsModel,
  { authenticators, addable }: AuthenticatorList,
): readonly ElementSpec[] {
  const { flowTexts, isBusy, texts } = model;
  const additions = addable.map((factor) =>
    h(
      'li',
      { key: factor },
      h(
        'button',
        { class: 'way', type: 'button', ...doing('ask-addition', factor, isBusy) },
        icon(factorIcons[factor]),
        h('span', { class: 'way-text' }, flowTexts.addFactors[factor]),
        icon('chevron'),
      ),
    ),
  );
  return [
    authenticators.length === 0
      ? h('p', { key: 'none', class: 'hint' }, texts.none)
      : h(
          'ul',
          { key: 'list', class: 'authenticator-list' },
          ...authenticators.map((one) => row(model, one, authenticators)),
        ),
    h('h2', { key: 'add-heading' }, texts.addHeading),
    h('ul', { key: 'add', class: 'ways' }, ...additions),
  ];
}

function row(
  model: AuthenticatorsModel,
  authenticator: ManagedAuthenticator,
  all: readonly ManagedAuthenticator[],
): ElementSpec {
  const { isBusy, texts } = model;
  const { factor, id, name, removal } = authenticator;
  const hint = name === undefined ? sameApp(authenticator, all, texts) : [isolated(name)];
  return h(
    'li',
    { key: id, class: 'authenticator-row' },
    icon(factorIcons[factor]),
    h(
      'span',
      { class: 'way-text' },
      h('span', { class: 'kind' }, texts.kinds[factor]),
      hint !== undefined && h('span', { key: 'hint', class: 'hint' }, ...hint),
    ),
    removal.isPossible &&
      h(
        'button',
        {
          class: 'link',
          type: 'button',
          'aria-label': fill(texts.removeDevice, { device: wordsOf(authenticator, texts) }),
          ...doing('ask-removal', id, isBusy),
        },
        texts.remove,
      ),
  );
}

/** A code generator has no name, but the phone that it came with has one. */
function sameApp(
  { factor, removal }: ManagedAuthenticator,
  all: readonly ManagedAuthenticator[],
  texts: AuthenticatorsTexts,
): readonly (ElementSpec | string)[] | undefined {
  const [twin] = removal.goesAlong;
  if (factor !== 'otp' || twin?.isCertain !== true) return undefined;
  const phone = all.find(({ id }) => id === twin.id);
  return phone?.name === undefined ? undefined : withElements(texts.sameApp, { phone: isolated(phone.name) });
}

function dialog(model: AuthenticatorsModel, question: Question): ElementSpec {
  const isRemoval = 'removal' in question;
  return h(
    'dialog',
    { key: isRemoval ? 'removal' : 'addition', class: 'card question', 'aria-labelledby': 'question' },
    ...(isRemoval ? removalForm(model, question.removal) : additionForm(model, question.addition)),
  );
}

function removalForm(
  { flowTexts, isBusy, texts }: AuthenticatorsModel,
  authenticator: ManagedAuthenticator,
): readonly ElementSpec[] {
  const { goesAlong, isLast } = authenticator.removal;
  const along = new Set(
    goesAlong.map(({ factor, isCertain }) => (isCertain ? texts.goesToo : texts.mayGoToo)[factor] ?? ''),
  );
  const sentences = [...along, ...(isLast ? [texts.isLast] : []), texts.approvalFollows];
  return [
    h(
      'h2',
      { id: 'question', tabindex: -1 },
      ...withElements(texts.confirmRemoval, { device: isolated(wordsOf(authenticator, texts)) }),
    ),
    ...sentences.map((sentence) => h('p', { key: sentence }, sentence)),
    h(
      'div',
      { class: 'buttons' },
      control({
        action: 'remove',
        which: authenticator.id,
        label: isBusy ? flowTexts.busy : texts.remove,
        kind: 'primary danger',
        isBusy,
      }),
      control({ action: 'withdraw', label: texts.keep, kind: 'quiet' }),
    ),
  ];
}

function additionForm(
  { flowTexts, isBusy }: AuthenticatorsModel,
  factor: EnrollableFactor,
): readonly ElementSpec[] {
  const isPhone = addressMember(factor) === 'phoneNumber';
  const name = isPhone ? 'phoneNumber' : 'email';
  return [
    h('h2', { id: 'question', tabindex: -1 }, flowTexts.addFactors[factor]),
    h('p', {}, flowTexts.newAddress),
    h(
      'form',
      { class: 'fields', ...doing('add', factor, false) },
      h(
        'div',
        { class: 'field' },
        h('label', { for: name }, isPhone ? flowTexts.phoneLabel : flowTexts.emailLabel),
        h('input', {
          id: name,
          name,
          type: isPhone ? 'tel' : 'email',
          autocomplete: isPhone ? 'tel' : 'email',
          required: true,
          pattern: isPhone && PHONE_PATTERN,
          title: isPhone && flowTexts.phoneHint,
          'aria-describedby': isPhone && `${name}-hint`,
        }),
        isPhone && h('p', { class: 'hint', id: `${name}-hint` }, flowTexts.phoneHint),
      ),
      h(
        'div',
        { class: 'buttons' },
        h(
          'button',
          { class: 'button primary', type: 'submit', 'aria-disabled': isBusy && 'true' },
          isBusy ? flowTexts.busy : flowTexts.continue,
        ),
        control({ action: 'withdraw', label: flowTexts.cancel, kind: 'quiet' }),
      ),
    ),
  ];
}

function control(options: {
  readonly action: AuthenticatorsAction;
  readonly which?: string;
  readonly label: string;
  readonly kind: string;
  readonly isBusy?: boolean;
}): ElementSpec {
  const { action, which, label, kind, isBusy = false } = options;
  return h(
    'button',
    { key: action, class: `button ${kind}`, type: 'button', ...doing(action, which, isBusy) },
    label,
  );
}

function doing(
  action: AuthenticatorsAction,
  which: string | undefined,
  isBusy: boolean,
): Readonly<Record<string, string | undefined>> {
  return { 'data-action': action, 'data-which': which, 'aria-disabled': isBusy ? 'true' : undefined };
}
