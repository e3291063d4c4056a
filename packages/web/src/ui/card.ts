import { type ElementSpec, h } from '../elements/element.ts';
import { withoutBidiControls } from '../elements/foreign-text.ts';
import { icon } from '../elements/icons.ts';
import { connectionText, isCutOff, leftWayText } from '../screens/messages.ts';
import type { Screen, ScreenModel } from '../screens/screen.ts';

const RING = 100;

/** Keeps amounts on one line: no line break between thousands or before a currency. */
function unbroken(text: string): string {
  return text.replace(/(?<=\d) (?=\d{3}(?!\d)|\p{Sc}|[A-Z]{3}\b)/gu, '\u00a0');
}

/**
 * The card with a screen. `said` is what the live region says; `span` is how long the current wait lasts in total.
 */
export function card(
  model: ScreenModel,
  screen: Screen,
  { said, span }: { readonly said: string; readonly span: number },
): ElementSpec {
  const { action, connection, hasSlots, isForOther, now, texts, view } = model;
  const left =
    view.expiresAt !== undefined && span > 0 ? Math.max(0, Math.min(1, (view.expiresAt - now) / span)) : 1;
  const leftWay = leftWayText(model);
  const details =
    action?.details !== undefined &&
    h('p', { class: 'details', part: 'details', dir: 'auto' }, withoutBidiControls(action.details));
  return h(
    'section',
    { class: 'card', part: 'card', lang: texts.language, 'aria-labelledby': 'heading' },
    hasSlots && h('slot', { key: 'logo', name: 'logo' }),
    action !== undefined &&
      h(
        'div',
        { key: 'action', class: 'action', part: 'action' },
        h('p', { class: 'hint' }, texts.confirming),
        h('p', { class: 'title', part: 'title', dir: 'auto' }, unbroken(withoutBidiControls(action.title))),
        hasSlots ? h('slot', { name: 'details' }, details) : details,
      ),
    isForOther &&
      view.state !== 'approved' &&
      h('p', { key: 'for-other', class: 'notice', part: 'notice' }, texts.forOther.warning),
    // Every screen is a form, so that its buttons work without a script too.
    h(
      'form',
      { key: screen.name, class: `screen screen-${screen.name}` },
      h(
        'div',
        { class: `badge ${screen.tone ?? 'calm'}`, part: 'badge', 'aria-hidden': 'true' },
        (screen.tone === 'busy' || screen.tone === 'waiting') &&
          h(
            'svg',
            { key: 'ring', class: 'ring', viewBox: '0 0 64 64' },
            h('circle', {
              cx: 32,
              cy: 32,
              r: 30,
              pathLength: RING,
              'stroke-dasharray': `${screen.tone === 'busy' ? RING / 4 : (left * RING).toFixed(2)} ${RING}`,
            }),
          ),
        icon(screen.icon),
      ),
      h('h1', { id: 'heading', tabindex: -1, part: 'heading' }, screen.heading),
      screen.lead !== '' && h('p', { key: 'lead', class: 'lead', part: 'lead' }, screen.lead),
      leftWay !== undefined && h('p', { key: 'left-way', class: 'remark', part: 'remark' }, leftWay),
      ...(screen.body ?? []),
      h('div', { key: 'buttons', class: 'buttons' }, ...(screen.buttons ?? [])),
    ),
    isCutOff(connection) && h('p', { key: 'connection', class: 'connection' }, connectionText(model)),
    h('p', { key: 'said', class: 'visually-hidden', role: 'status' }, said),
  );
}
