import type { Blows } from './chaos.ts';
import type { Outcome } from './user.ts';

/** The counts of a run. */
export interface Tally {
  readonly outcomes: readonly Outcome[];
  readonly faults: readonly string[];
  add(outcome: Outcome): void;
  fault(fault: string): void;
  /** The progress in one line. */
  line(): string;
}

/** Starts counting. */
export function createTally(): Tally {
  const outcomes: Outcome[] = [];
  const faults: string[] = [];
  function fault(words: string): void {
    faults.push(words);
    console.error(words);
  }

  return {
    outcomes,
    faults,
    fault,
    add(outcome) {
      outcomes.push(outcome);
      for (const words of outcome.faults) fault(`${outcome.plan}: ${words}`);
    },
    line: () => `${outcomes.length} flows, ${faults.length} broken invariants`,
  };
}

/** The counts as tables in Markdown. */
export function tables(options: {
  readonly tally: Tally;
  readonly blows: Blows;
  /** How many requests the processes sent to the tenant. */
  readonly requests: number;
  readonly minutes: number;
}): string {
  const { outcomes } = options.tally;
  const sum = (count: (outcome: Outcome) => number): number =>
    outcomes.reduce((total, outcome) => total + count(outcome), 0);
  const plans = Map.groupBy(outcomes, ({ plan }) => plan);
  const ends = [...plans].map(([plan, list]) => [
    plan,
    `${list.length}`,
    [...Map.groupBy(list, ({ end }) => end)].map(([end, some]) => `${end} ${some.length}`).join(', '),
  ]);
  const counts = {
    minutes: options.minutes.toFixed(1),
    flows: outcomes.length,
    'requests to the tenant': options.requests,
    'pushes ordered, by a start or by "send again"': sum(({ orders }) => orders),
    'pushes sent': sum(({ pushes }) => pushes),
    approvals: outcomes.filter(({ end }) => end === 'approved').length,
    'uses that got through': sum(({ used }) => used),
    'uses whose answer was lost with the process or the store': sum(({ unknownUses }) => unknownUses),
  };
  return [
    table(['what the phone was to do', 'flows', 'how they ended'], ends),
    table(
      ['', 'count'],
      Object.entries(counts).map(([name, count]) => [name, `${count}`]),
    ),
    table(
      ['blow', 'count'],
      Object.entries(options.blows).map(([name, count]) => [name, `${count}`]),
    ),
  ].join('\n\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
