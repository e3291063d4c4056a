import { stepUpMachine } from '../../src/machine/machine.ts';
import { REASON_CODES } from '../../src/terms/reason-codes.ts';
import { tableOf } from './tables.ts';

interface Arrow {
  readonly from: string;
  readonly event: string;
  readonly to: string;
  readonly guard: unknown;
}

interface Chart {
  readonly key: string;
  readonly type: string;
  readonly states: Readonly<Record<string, Chart>>;
  readonly transitions: ReadonlyMap<
    string,
    readonly {
      readonly target?: readonly { readonly path: readonly string[] }[] | undefined;
      readonly guard?: unknown;
    }[]
  >;
  readonly always?:
    | readonly { readonly target?: readonly { readonly path: readonly string[] }[] | undefined }[]
    | undefined;
}

const chart = stepUpMachine.root as unknown as Chart;
const stateNames = Object.keys(chart.states);

/** Every transition between the machine's named states, without those inside a state. */
function arrows(): readonly Arrow[] {
  return stateNames.flatMap((from) => arrowsOf(from, chart.states[from] as Chart));
}

function arrowsOf(from: string, state: Chart): readonly Arrow[] {
  const own = [...state.transitions, ['', state.always ?? []] as const].flatMap(([event, transitions]) =>
    transitions.flatMap(({ target = [], ...rest }) =>
      target.map(({ path: [to = from] }) => ({
        from,
        event,
        to,
        guard: 'guard' in rest ? rest.guard : undefined,
      })),
    ),
  );
  return [...own, ...Object.values(state.states).flatMap((inner) => arrowsOf(from, inner))];
}

const isRequest = (event: string): boolean =>
  /^(flow|password|factor|enrollment|code|challenge|codes)\.(start|submit|choose|begin|resend|acknowledge|retry|cancel)$/.test(
    event,
  );

/** Guards on failures that name no codes, in words. */
const FAILURES: Readonly<Record<string, string>> = {
  isTransientFailure: 'a transient failure',
  isWorthWaiting: 'a transient failure, while there is time',
  isExpiredToken: '`mfa_token_expired`, once',
  isTargetHosted: 'anything on the way to the provider’s page and back',
};

/** The failures that a transition is about. */
function failureOf(guard: unknown): string {
  const names =
    JSON.stringify(guard, (_, value: unknown) =>
      typeof value === 'function' ? (value as unknown as { guards?: unknown }).guards : value,
    ) ?? '';
  const codes = REASON_CODES.filter((one) => names.includes(`"${one}"`)).map(code);
  const words = Object.keys(FAILURES).filter((name) => names.includes(`"${name}"`));
  return [...codes, ...words.map((name) => FAILURES[name])].join(' ') || 'anything else';
}

/** Arrows with the same start and end become one, with all their labels. */
function merged(list: readonly Arrow[]): readonly string[] {
  const labels = new Map<string, Set<string>>();
  for (const arrow of list) {
    const edge = `${arrow.from} --> ${arrow.to}`;
    const text = arrow.event;
    labels.set(edge, (labels.get(edge) ?? new Set()).add(text));
  }
  return [...labels].map(([edge, texts]) => {
    const text = [...texts].filter((one) => one !== '').join('<br>');
    return text === '' ? edge : `${edge}: ${text}`;
  });
}

function diagram(): string {
  const forward = arrows().filter(
    ({ from, to, event }) =>
      from !== to && event !== 'effect.failed' && !(isRequest(event) && isAlternative(event)),
  );
  const finals = stateNames.filter((name) => chart.states[name]?.type === 'final');
  return [
    '```mermaid',
    'stateDiagram-v2',
    '  [*] --> idle',
    ...merged(forward).map((line) => `  ${line}`),
    ...finals.map((name) => `  ${name} --> [*]`),
    '```',
  ].join('\n');
}

/** What the user can do instead, from many states. It has its own table, since it would fill the diagram. */
const isAlternative = (event: string): boolean =>
  ['factor.choose', 'enrollment.begin', 'challenge.resend', 'flow.retry'].includes(event);

function requestTable(): string {
  const rows = new Map<string, Map<string, Set<string>>>();
  for (const { from, event, to } of arrows().filter((arrow) => isRequest(arrow.event))) {
    const states = rows.get(event) ?? new Map<string, Set<string>>();
    rows.set(event, states.set(from, (states.get(from) ?? new Set()).add(to)));
  }
  for (const { event, to } of arrowsOf('', { ...chart, transitions: chart.transitions, states: {} }).filter(
    ({ event }) => isRequest(event),
  )) {
    rows.set(event, new Map([['every state but the final ones', new Set([to])]]));
  }
  return tableOf(
    ['the user asks', 'in', 'and the flow goes to'],
    [...rows].flatMap(([event, states]) => grouped(states).map(([from, to]) => [code(event), from, to])),
  );
}

function failureTable(): string {
  const rows = arrows()
    .filter(({ event }) => event === 'effect.failed')
    .map(({ from, guard, to }) => [code(from), failureOf(guard), code(to)]);
  return tableOf(
    ['while', 'the effect fails with', 'the flow goes to'],
    [...new Map(rows.map((row) => [row.join(), row])).values()],
  );
}

/** States that lead to the same ones share a row. */
function grouped(states: ReadonlyMap<string, ReadonlySet<string>>): readonly (readonly [string, string])[] {
  const rows = new Map<string, string[]>();
  for (const [from, targets] of states) {
    const to = [...targets].map(code).join(' or ');
    rows.set(to, [...(rows.get(to) ?? []), from.includes(' ') ? from : code(from)]);
  }
  return [...rows].map(([to, from]) => [from.join(' '), to]);
}

const code = (text: string): string => `\`${text}\``;

/** The statechart as a page of documentation, made from the machine itself. */
export function statechartPage(): string {
  return `# The statechart

Made from the machine ([machine.ts](../../packages/core/src/machine/machine.ts)); a test fails when this page and the machine differ.
[Custom UI](../guides/custom-ui.md#the-view) describes the views of these states.

## How a flow continues

Through facts (the results of effects), through time, and through the few requests that belong to only one state. Arrows without a label are decisions.

${diagram()}

\`rejected\`, \`expired\` and \`failed\` are at rest: the user can continue from them, or leave.

## What the user can ask

A request is accepted only while the view's \`allowedEvents\` names it.

${requestTable()}

## What can go wrong

The first row that matches applies. \`provider_unavailable\` and \`rate_limited\` are transient failures: they are retried, unless that would send something twice. [The codes](../../packages/core/README.md#reason-codes) say what each means.

${failureTable()}
`;
}
