import { describe, expect, it } from 'vitest';
import { type Deed, type Step, simulate, type Turns } from './world.ts';

/** Everything in the order in which it began. */
function inOrder(): Turns {
  const waiting: (() => void)[] = [];
  return {
    schedule: (task) => new Promise((resolve) => void waiting.push(() => resolve(task))),
    count: () => waiting.length,
    waitOne: async () => waiting.shift()?.(),
  };
}

const by = 'owner';
const start: Deed = { type: 'start', by, isSingleUse: false };
const guess: Deed = { type: 'type a code', by: 'twin' };
const pass = (ms: number): Deed => ({ type: 'wait', ms });

/** Flows, each with the deed last whose work is cut off. */
const FLOWS: Readonly<Record<string, readonly Deed[]>> = {
  'a push': [start],
  'a push that is sent again': [start, pass(16_000), { type: 'resend', by }],
  'a push that was approved': [start, { type: 'answer', approves: true }, pass(6_000), { type: 'look', by }],
  'a push that is watched': [start, { type: 'watch', by }, pass(6_000), pass(6_000)],
  'a push that was approved while it was watched': [
    start,
    { type: 'watch', by },
    pass(6_000),
    { type: 'answer', approves: true },
    pass(6_000),
  ],
  'a push that was denied': [start, { type: 'answer', approves: false }, pass(6_000), { type: 'look', by }],
  'a push that waits for another': [start, { type: 'start', by: 'other', isSingleUse: false }],
  'a wrong code': [start, { type: 'choose the code', by }, guess],
  'a right code': [start, { type: 'choose the code', by }, { type: 'type a code', by }],
  'a text message': [start, { type: 'choose the text', by }],
  'an account of somebody else': [
    { type: 'start with a foreign token', by: 'twin' },
    pass(6_000),
    { type: 'look', by: 'twin' },
  ],
  'a use of an approval': [
    { type: 'start', by, isSingleUse: true },
    { type: 'choose the code', by },
    { type: 'type a code', by },
    { type: 'use', by, isSingleUse: true, releases: false },
  ],
};

const CUTS: Readonly<Record<string, Deed>> = {
  'is cancelled': { type: 'cancel', by },
  'loses its process': { type: 'crash', process: 0 },
  'is begun again': { type: 'retry', by },
  'is left for another factor': { type: 'choose the code', by },
  'meets another browser': { type: 'start', by: 'other', isSingleUse: false },
  'meets itself again': { type: 'use', by, isSingleUse: true, releases: false },
};

/** The turns of a flow's last deed after which it is cut off. What comes later is the same again: reading and waiting. */
const MOST_TURNS = 24;
const ALL = 10_000;

/** The flow, cut off after so many turns of its last deed, and everything afterwards. */
function steps(flow: readonly Deed[], cut: Deed, turns: number): readonly Step[] {
  const last = flow.length - 1;
  const before = flow.map((deed, index) => ({ deed, process: 0, turns: index === last ? turns : ALL }));
  const look: Deed = { type: 'look', by };
  return [
    ...before,
    { deed: cut, process: 1, turns: ALL },
    { deed: pass(30_000), process: 1, turns: ALL },
    { deed: look, process: 1, turns: ALL },
  ];
}

describe.each(Object.entries(FLOWS))('%s', (_name, flow) => {
  it.each(Object.entries(CUTS))(
    'counts what the tenant saw of an effect that %s at any point',
    async (_cut, cut) => {
      for (let turns = 0; turns < MOST_TURNS; turns += 1) {
        const broken = await simulate(inOrder(), () => 1, steps(flow, cut, turns));
        expect(broken, `after ${turns} turns`).toEqual([]);
      }
    },
  );
});
