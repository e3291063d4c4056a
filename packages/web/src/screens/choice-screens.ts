import type { AddressedFactor, Authenticator, EnrollableFactor, Factor } from '@stepgate/core';
import { addressMember, isAddressed, isHosted } from '@stepgate/core/ui';
import { type ControlAction, PHONE_PATTERN } from '../elements/control-action.ts';
import { type ElementSpec, h } from '../elements/element.ts';
import { isolated } from '../elements/foreign-text.ts';
import { factorIcons, icon } from '../elements/icons.ts';
import { fill } from '../texts/texts.ts';
import {
  button,
  cancelButton,
  choice,
  leaveButton,
  nextWayButton,
  otherAuthenticators,
  otherEnrollable,
  submitButton,
} from './buttons.ts';
import { field, fields } from './field.ts';
import { errorText, notice } from './messages.ts';
import { formatWhen, type Screen, type ScreenModel, takes } from './screen.ts';

/** Whether there is anything to choose. */
export function hasWays(model: ScreenModel): boolean {
  return takes(model, 'factor.choose') || takes(model, 'enrollment.begin');
}

/** The user's authenticators and the factors that can be added: because the flow asks, or instead of the current one. */
export function ways(model: ScreenModel, name: 'choosing' | 'ways'): Screen {
  const { texts, view } = model;
  const { heading, lead } = name === 'ways' ? texts.chooseWay : texts.states.choosing;
  const reason = view.state === 'choosing' && view.reason ? texts.reasons[view.reason] : undefined;
  return {
    name,
    icon: 'shield',
    heading,
    lead,
    body: [
      notice(errorText(model) ?? reason),
      h(
        'ul',
        { class: 'ways' },
        ...otherAuthenticators(model).map((one) => h('li', { key: one.id }, authenticatorWay(model, one))),
        ...otherEnrollable(model).map((factor) => h('li', { key: `+${factor}` }, newWay(model, factor))),
      ),
    ],
    buttons:
      name === 'ways'
        ? [button(model, texts.back, { show: 'none' }, { kind: 'quiet' })]
        : [nextWayButton(model), cancelButton(model)],
  };
}

/** What the flow asks: to choose, or to go to the provider's page, where there is nothing else. */
export function choosing(model: ScreenModel): Screen {
  const { texts, view } = model;
  const [only, ...others] = otherAuthenticators(model);
  const isOnlyPage = only !== undefined && isHosted(only.factor) && others.length === 0;
  if (!isOnlyPage || otherEnrollable(model).length > 0) return ways(model, 'choosing');
  const { heading, lead } = texts.hosted.choosing;
  return {
    name: 'choosing-page',
    icon: 'shield',
    heading,
    lead,
    body: [notice(errorText(model) ?? (view.reason && texts.reasons[view.reason]))],
    buttons: [leaveButton(model, texts.hosted.leave), nextWayButton(model), cancelButton(model)],
  };
}

function authenticatorWay(model: ScreenModel, authenticator: Authenticator): ElementSpec {
  const { texts, view } = model;
  const { id, factor, name } = authenticator;
  const waitUntil = view.messageAllowedAt?.[id] ?? 0;
  const action = choice(model, authenticator);
  return way(model, { factor, label: texts.factors[factor], hint: name, waitUntil, action });
}

function newWay(model: ScreenModel, factor: EnrollableFactor): ElementSpec {
  const action: ControlAction = isAddressed(factor)
    ? { show: factor }
    : { send: { type: 'enrollment.begin', factor } };
  const waitUntil = model.view.messageAllowedAt?.[factor] ?? 0;
  return way(model, { factor, label: model.texts.addFactors[factor], waitUntil, action });
}

interface Way {
  readonly factor: Factor;
  readonly label: string;
  readonly hint?: string | undefined;
  readonly waitUntil: number;
  readonly action: ControlAction;
}

function way(model: ScreenModel, { factor, label, hint, waitUntil, action }: Way): ElementSpec {
  const { isTicking, now, pending, texts } = model;
  const isLater = waitUntil > now;
  const isOff = pending !== undefined || isLater;
  return h(
    'button',
    { class: 'way', part: 'way', type: 'button', onPress: action, 'aria-disabled': isOff && 'true' },
    icon(factorIcons[factor]),
    h(
      'span',
      { class: 'way-text' },
      h('span', {}, label),
      hint !== undefined && h('span', { key: 'hint', class: 'hint' }, isolated(hint)),
      isLater &&
        isTicking &&
        h(
          'span',
          { key: 'later', class: 'hint' },
          fill(texts.availableLater, { when: formatWhen(waitUntil - now, texts.language) }),
        ),
    ),
    icon('chevron'),
  );
}

/** Asks for the number or address of a factor to add. */
export function newAddress(model: ScreenModel, factor: AddressedFactor): Screen {
  const { pending, texts } = model;
  const isEmail = addressMember(factor) === 'email';
  const member = isEmail ? 'email' : 'phoneNumber';
  return {
    name: `new-${factor}`,
    icon: factorIcons[factor],
    heading: texts.addFactors[factor],
    lead: texts.newAddress,
    body: [
      fields(
        field({
          name: member,
          label: isEmail ? texts.emailLabel : texts.phoneLabel,
          type: isEmail ? 'email' : 'tel',
          autocomplete: isEmail ? 'email' : 'tel',
          ...(!isEmail && { hint: texts.phoneHint, pattern: PHONE_PATTERN }),
          error: errorText(model),
        }),
        submitButton(
          model,
          texts.continue,
          { send: { type: 'enrollment.begin', factor }, typed: member },
          pending !== undefined,
        ),
      ),
    ],
    buttons: [button(model, texts.back, { show: 'ways' }, { kind: 'quiet' })],
  };
}
