import { describe, expect, it } from 'vitest';
import { type Deed, MFA_API, type Setup, type Step } from './deeds.ts';
import type { Scheduling } from './turns.ts';
import { simulate } from './world.ts';

/** Everything in the order in which it began. */
function inOrder(): Scheduling {
  const waiting: (() => void)[] = [];
  return {
    schedule: (task) => new Promise((resolve) => void waiting.push(() => resolve(task))),
    count: () => waiting.length,
    waitOne: async () => waiting.shift()?.(),
  };
}

const by = 'owner';
const errand = 'see the accounts';
const start: Deed = { type: 'start', by, errand };
const guess: Deed = { type: 'type a code', by: 'twin' };
const yes: Deed = { type: 'answer', approves: true, isCareless: false };
const no: Deed = { type: 'answer', approves: false, isCareless: false };
const look: Deed = { type: 'look', by };
const typed: Deed = { type: 'type the push code', by, isMistyped: false };
const pass = (ms: number): Deed => ({ type: 'wait', ms });

const CIBA: Setup = { ways: ['ciba', 'mfa-api'], pushCode: 'typed', pollSchedule: 'steady' };
const WITHOUT_PHONE: Setup = { ...MFA_API, enroll: 'password' };

/** Flows, each with the deed last whose work is cut off. */
const FLOWS: Readonly<Record<string, { readonly deeds: readonly Deed[]; readonly setup?: Setup }>> = {
  'a push': { deeds: [start] },
  'a push that is sent again': { deeds: [start, pass(16_000), { type: 'resend', by }] },
  'a push that was approved': { deeds: [start, yes, pass(6_000), look] },
  'a push that is watched': { deeds: [start, { type: 'watch', by }, pass(6_000), pass(6_000)] },
  'a push that was approved while it was watched': {
    deeds: [start, { type: 'watch', by }, pass(6_000), yes, pass(6_000)],
  },
  'a push that was denied': { deeds: [start, no, pass(6_000), look] },
  'a push that waits for another': { deeds: [start, { type: 'start', by: 'other', errand }] },
  'a wrong code': { deeds: [start, { type: 'choose the code', by }, guess] },
  'a right code': { deeds: [start, { type: 'choose the code', by }, { type: 'type a code', by }] },
  'a text message': { deeds: [start, { type: 'choose the text', by }] },
  'a recovery code': {
    deeds: [start, { type: 'choose the recovery code', by }, { type: 'type a recovery code', by, times: 2 }],
  },
  'a new recovery code': {
    deeds: [
      start,
      { type: 'choose the recovery code', by },
      { type: 'type a recovery code', by, times: 1 },
      { type: 'note the new code', by },
    ],
  },
  'a phone that is to be added': {
    setup: WITHOUT_PHONE,
    deeds: [start, { type: 'type the password', by }],
  },
  'a phone that was added': {
    setup: WITHOUT_PHONE,
    deeds: [start, { type: 'type the password', by }, { type: 'scan', by }, pass(6_000), look],
  },
  'an account of somebody else': {
    deeds: [{ type: 'start with a foreign token', by: 'twin' }, pass(6_000), { type: 'look', by: 'twin' }],
  },
  'a use of an approval': {
    deeds: [
      { type: 'start', by, errand: 'close an account' },
      { type: 'choose the code', by },
      { type: 'type a code', by },
      { type: 'use', by, errand: 'close an account', afterwards: 'nothing' },
    ],
  },
  'a push with a code': { setup: CIBA, deeds: [start] },
  'a push code': { setup: CIBA, deeds: [start, typed] },
  'a push code after the tap': { setup: CIBA, deeds: [start, yes, pass(6_000), look, typed] },
  'a tap after the push code': { setup: CIBA, deeds: [start, typed, yes, pass(6_000), look] },
  'guesses of a push code': {
    setup: CIBA,
    deeds: [start, { type: 'guess the push code', by: 'twin', times: 3, isAtOnce: true }],
  },
  'details on the phone': {
    setup: { ...CIBA, details: 'the same' },
    deeds: [start, typed, yes, pass(6_000), look],
  },
  'a ping': { setup: { ...CIBA, pings: true }, deeds: [start, yes, { type: 'ping', kind: 'true' }] },
  'a ping for those who watch': {
    setup: { ...CIBA, pings: true },
    deeds: [start, typed, { type: 'watch', by }, yes, { type: 'ping', kind: 'true' }],
  },
  'another way': { setup: CIBA, deeds: [start, pass(16_000), { type: 'take another way', by }] },
};

const CUTS: Readonly<Record<string, Deed>> = {
  'is cancelled': { type: 'cancel', by },
  'loses its process': { type: 'crash', process: 0 },
  'is begun again': { type: 'retry', by },
  'is left for another factor': { type: 'choose the code', by },
  'is left for another way': { type: 'take another way', by },
  'meets another browser': { type: 'start', by: 'other', errand },
  'meets itself again': { type: 'use', by, errand: 'close an account', afterwards: 'nothing' },
};

/** The turns of a flow's last deed after which it is cut off. What comes later is the same again: reading and waiting. */
const MOST_TURNS = 24;
const ALL = 10_000;

/** The flow, cut off after so many turns of its last deed, and everything afterwards. */
function steps(flow: readonly Deed[], cut: Deed, turns: number): readonly Step[] {
  const last = flow.length - 1;
  const before = flow.map((deed, index) => ({ deed, process: 0, turns: index === last ? turns : ALL }));
  return [
    ...before,
    { deed: cut, process: 1, turns: ALL },
    { deed: pass(30_000), process: 1, turns: ALL },
    { deed: look, process: 1, turns: ALL },
  ];
}

describe.each(Object.entries(FLOWS))('%s', (_name, { deeds, setup = MFA_API }) => {
  it.each(Object.entries(CUTS))(
    'counts what the tenant saw of an effect that %s at any point',
    async (_cut, cut) => {
      for (let turns = 0; turns < MOST_TURNS; turns += 1) {
        const made = steps(deeds, cut, turns);
        const { broken, quietAfter } = await simulate(inOrder(), () => 1, made, setup);
        expect(broken, `after ${turns} turns`).toEqual([]);
        // It was over by itself: with more turns, the same comes again.
        if (quietAfter.has(made[deeds.length - 1] as Step)) break;
      }
    },
  );
});
