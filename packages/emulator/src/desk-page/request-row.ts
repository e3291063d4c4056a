import { button, element } from '../phone-page/dom.ts';
import { toCurl } from './curl.ts';
import type { WireRequest } from './desk-client.ts';
import { errorOf } from './filter.ts';

/** What a row of the timeline asks of the page around it. */
export interface RowActions {
  issuer(): string;
  showOnly(filter: { readonly username?: string; readonly flow?: string }): void;
  say(text: string): void;
}

/** One request: a line that opens. */
export interface RequestRow {
  readonly node: HTMLElement;
  readonly summary: HTMLElement;
  update(request: WireRequest): void;
}

/** A row, whose details are drawn when it is opened. */
export function createRequestRow(request: WireRequest, actions: RowActions): RequestRow {
  let current = request;
  const summary = element('summary', '');
  const details = element('details', '', summary);
  const body = element('div', 'details');
  const node = element('li', 'request', details);
  details.append(body);
  const draw = (): void => {
    node.className = `request ${outcomeOf(current)}`;
    // A colour for each flow, far from that of the one before.
    if (current.flow !== undefined) node.style.setProperty('--flow', String((current.flow * 137) % 360));
    node.toggleAttribute('data-flow', current.flow !== undefined);
    summary.replaceChildren(...summaryOf(current));
    if (details.open) body.replaceChildren(...detailsOf(current, actions));
  };
  details.addEventListener('toggle', draw);
  draw();
  return {
    node,
    summary,
    update(changed) {
      current = changed;
      draw();
    },
  };
}

function outcomeOf({ status, dropped }: WireRequest): string {
  if (dropped !== undefined) return 'failed';
  if (status === undefined) return 'open';
  return status >= 400 ? 'failed' : 'fine';
}

function summaryOf(request: WireRequest): Node[] {
  const { method, path, grant_type: grantType, username, client_id: clientId, flow, answer } = request;
  const grant = grantType?.split(/[/:]/).at(-1);
  const error = errorOf(answer?.body);
  return [
    element('time', 'at', new Date(request.at).toLocaleTimeString([], { hour12: false })),
    element('span', 'method', method),
    element('span', 'path', path, ...(grant === undefined ? [] : [' ', element('span', 'grant', grant)])),
    element(
      'span',
      'outcome',
      element('strong', '', toStatus(request)),
      ...(error === undefined ? [] : [` ${error}`]),
      ...(request.is_fault === true ? [' ', element('span', 'fault', 'fault')] : []),
    ),
    element('span', 'who', [username, clientId].filter(Boolean).join(' · ')),
    element('span', 'flow', flow === undefined ? '' : `flow ${flow}`),
    element('span', 'took', request.duration_ms === undefined ? '' : `${request.duration_ms} ms`),
  ];
}

function toStatus({ status, dropped }: WireRequest): string {
  if (dropped !== undefined) return `dropped ${dropped}`;
  return status === undefined ? 'open' : String(status);
}

function detailsOf(request: WireRequest, actions: RowActions): Node[] {
  const { username, flow, params, headers, answer } = request;
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(toCurl(actions.issuer(), request));
    actions.say('Copied. Set the variables in it before you run it: secrets are not copied.');
  };
  const only = (label: string, filter: { username?: string; flow?: string }): HTMLButtonElement =>
    button('plain', label, async () => actions.showOnly(filter));
  return [
    element(
      'div',
      'row-actions',
      button('plain', 'Copy as curl', copy),
      ...(flow === undefined ? [] : [only(`Only flow ${flow}`, { flow: String(flow) })]),
      ...(username === undefined ? [] : [only(`Only ${username}`, { username })]),
    ),
    element(
      'div',
      'columns',
      element('div', '', ...block('Parameters', params), ...block('Headers', headers)),
      element(
        'div',
        '',
        ...block('Answer', answer?.body),
        ...Object.entries(answer?.claims ?? {}).flatMap(([name, claims]) =>
          block(`Claims of ${name}`, claims),
        ),
        ...block('Headers of the answer', answer?.headers),
      ),
    ),
    ...(params === undefined
      ? [element('p', 'note', 'Only the last 1,000 requests keep their details.')]
      : []),
  ];
}

function block(title: string, value: unknown): Node[] {
  const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  if (value === undefined || isEmpty) return [];
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return [element('h3', '', title), element('pre', '', text)];
}
