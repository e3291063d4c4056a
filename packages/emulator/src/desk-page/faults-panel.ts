import { element } from '../phone-page/dom.ts';
import { call, type DeskFault } from './desk-client.ts';
import { find, textIn } from './find.ts';
import type { Act } from './users-panel.ts';

/** The faults that wait. */
export function faultRows(faults: readonly DeskFault[]): Node[] {
  if (faults.length === 0) return [element('p', 'small', 'There are no faults.')];
  return [element('ul', 'faults', ...faults.map((fault) => element('li', '', toSentence(fault))))];
}

function toSentence({ match = {}, respond, drop, delay_ms: delayMs, left }: DeskFault): string {
  const target = Object.values(match).join(' ') || 'any request';
  const effects = [
    ...(delayMs === undefined ? [] : [`waits ${delayMs} ms`]),
    ...(respond === undefined ? [] : [`gets ${respond.status}`]),
    ...(drop === undefined ? [] : [`is dropped ${drop} the emulator acts`]),
  ];
  return `${target} ${effects.join(' and ')}, ${left} more`;
}

/** Binds the form that adds a fault. */
export function bindFaultForm(act: Act): void {
  const form = find<HTMLFormElement>('#add-fault');
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = (name: string): string => textIn(form, name).trim();
    const effect = text('effect');
    const match = Object.fromEntries(
      ['path', 'username'].flatMap((name) => (text(name) === '' ? [] : [[name, text(name)]])),
    );
    void act(
      () =>
        call('POST', 'faults', {
          match,
          times: Number(text('times')),
          ...(effect.startsWith('drop') ? { drop: effect.slice('drop-'.length) } : {}),
          ...(effect === 'delay' ? { delay_ms: 5_000 } : {}),
          ...(/^\d+$/.test(effect) ? { respond: { status: Number(effect) } } : {}),
        }),
      'The fault waits for its requests.',
    );
  });
  find('#clear-faults').addEventListener('click', () => {
    void act(() => call('DELETE', 'faults'), 'All faults are cleared.');
  });
}
