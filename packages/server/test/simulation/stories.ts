import type { PollSchedule, PushCodeEntry } from '@stepgate/core';
import fc from 'fast-check';
import {
  type Browser,
  type Deed,
  ERRANDS,
  type ErrandName,
  type Guest,
  HANDED_BACK,
  MIXED_PINGS,
  PINGS,
  type Setup,
  type Step,
} from './deeds.ts';

/** What one run is about. */
export interface Story {
  readonly setup: Setup;
  readonly steps: readonly Step[];
}

const by = fc.constantFrom('owner' as const, 'other' as const, 'attacker' as const, 'twin' as const);
const guest = fc.constantFrom<Guest[]>('guest', 'guest', 'intruder');
const mostlyOwner = fc.constantFrom<Browser[]>('owner', 'owner', 'other', 'attacker', 'twin');
const stranger = fc.constantFrom('attacker' as const, 'twin' as const);
const flag = fc.boolean();
const anyErrand = fc.constantFrom<ErrandName>('see the accounts', 'close an account', 'transfer');
const carelessErrand = fc.constantFrom<ErrandName>('see the accounts', 'see the accounts', 'see the history');
const carefulErrand = fc.constantFrom<ErrandName>(
  'see the accounts',
  'see the history',
  'change the address',
);
const linkErrand = fc.constantFrom<ErrandName>('pay an invoice', 'order a card');
const simpleErrand = fc.constantFrom<ErrandName>('see the accounts', 'close an account');
const transfer = fc.oneof(
  { weight: 2, arbitrary: fc.constant<ErrandName>('transfer') },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...(Object.keys(ERRANDS) as ErrandName[]).filter((name) => 'body' in ERRANDS[name]),
    ),
  },
);

/** How often something happens, compared with the rest of its story. */
type Weighted = readonly [weight: number, arbitrary: fc.Arbitrary<Deed>];

const plain = <T extends Deed['type']>(...types: T[]) => fc.record({ type: fc.constantFrom(...types), by });
const starts = (errand: fc.Arbitrary<ErrandName>) => fc.record({ type: fc.constant('start'), by, errand });
const uses = (errand: fc.Arbitrary<ErrandName>, user: fc.Arbitrary<Browser> = by) =>
  fc.record({
    type: fc.constant('use'),
    by: user,
    errand,
    afterwards: fc.oneof(
      { weight: 6, arbitrary: fc.constant('nothing') },
      { weight: 2, arbitrary: fc.constant('release') },
      { weight: 1, arbitrary: fc.constantFrom('receipt', 'receipt and release') },
    ),
  });
const handedBack = fc.constantFrom(...HANDED_BACK);
const answers = fc.record({ type: fc.constant('answer'), approves: flag, isCareless: flag });
const waits = fc.record({
  type: fc.constant('wait'),
  ms: fc.constantFrom(50, 3_000, 6_000, 16_000, 60_000, 300_000),
});
const crashes = fc.record({ type: fc.constant('crash'), process: fc.nat({ max: 1 }) });
const faults = fc.record({ type: fc.constant('faults'), areOn: flag });

/** What happens in every story. */
const ALWAYS: readonly Weighted[] = [
  [3, plain('cancel')],
  [4, plain('look')],
  [4, plain('watch')],
  [4, answers],
  [5, waits],
  [1, crashes],
  [1, faults],
];

/** Limits: everything that rings, or has a code judged, and is cut off. */
const RINGING: readonly Weighted[] = [
  ...ALWAYS,
  [6, starts(simpleErrand)],
  [
    8,
    fc.record({
      type: fc.constantFrom('ring and cancel', 'guess and cancel'),
      by,
      after: fc.nat({ max: 60 }),
    }),
  ],
  [3, plain('type a code')],
  [3, plain('choose the code')],
  [2, plain('resend', 'retry', 'take another way')],
  [3, fc.record({ type: fc.constant('prove'), by, errand: simpleErrand })],
  [2, fc.record({ type: fc.constant('start with a foreign token'), by: stranger })],
];

/** Approvals: who gets one, for what, and how often it is used. */
const APPROVING: readonly Weighted[] = [
  ...ALWAYS,
  [4, starts(anyErrand)],
  [5, fc.record({ type: fc.constantFrom('prove', 'prove by push'), by, errand: anyErrand })],
  [7, uses(anyErrand)],
  [2, plain('choose the text', 'choose the code', 'type a code')],
  [1, fc.record({ type: fc.constant('start with an old requirement'), by })],
];

/** Transfers: what was approved is what runs. */
const TRANSFERRING: readonly Weighted[] = [
  ...ALWAYS,
  [4, starts(transfer)],
  [5, fc.record({ type: fc.constantFrom('prove', 'prove by push'), by, errand: transfer })],
  [8, uses(transfer)],
];

/** Push codes: typed, guessed, and in a hurry. */
const TYPING: readonly Weighted[] = [
  ...ALWAYS,
  [6, starts(simpleErrand)],
  [
    5,
    fc.record({
      type: fc.constant('type the push code'),
      by,
      isMistyped: fc.constantFrom(false, false, true),
    }),
  ],
  [
    4,
    fc.record({
      type: fc.constant('guess the push code'),
      by,
      times: fc.integer({ min: 1, max: 5 }),
      isAtOnce: flag,
    }),
  ],
  [3, fc.record({ type: fc.constant('prove by push'), by, errand: simpleErrand })],
  [3, plain('resend', 'retry', 'take another way')],
  [4, uses(simpleErrand)],
];

/** The provider's page: there and back, again, late, twice, by a link, with another's code. */
const VISITING: readonly Weighted[] = [
  ...ALWAYS,
  [8, fc.record({ type: fc.constant('leave'), by: mostlyOwner, errand: simpleErrand })],
  [
    10,
    fc.record({
      type: fc.constant('visit'),
      by: mostlyOwner,
      isCareless: fc.constantFrom(false, false, true),
      times: fc.constantFrom(1, 1, 2),
    }),
  ],
  [
    4,
    fc.record({
      type: fc.constant('come back'),
      by,
      how: fc.constantFrom('again', 'with the code of another', 'refused'),
    }),
  ],
  [8, uses(simpleErrand, mostlyOwner)],
  [2, plain('retry', 'take another way')],
];

/** Clocks that are set, by a few seconds and by minutes. */
const SETTING: readonly Weighted[] = [
  ...ALWAYS,
  [
    5,
    fc.record({
      type: fc.constant('set a clock'),
      whose: fc.constantFrom('all', 'all', 'store', 'process 0', 'process 1'),
      ms: fc.constantFrom(-3_000, -180_000, -600_000, 3_000, 180_000),
    }),
  ],
  [4, starts(simpleErrand)],
  [
    3,
    fc.record({ type: fc.constantFrom('ring and cancel', 'guess and cancel'), by, after: fc.constant(60) }),
  ],
  [5, fc.record({ type: fc.constantFrom('prove', 'prove by push'), by, errand: simpleErrand })],
  [5, uses(simpleErrand)],
  [2, fc.record({ type: fc.constant('start with an old requirement'), by })],
];

/** Recovery codes: typed at once, late, after they were replaced, and for what does not take them. */
const RECOVERING: readonly Weighted[] = [
  ...ALWAYS,
  [4, starts(carelessErrand)],
  [5, plain('choose the recovery code')],
  [6, fc.record({ type: fc.constant('type a recovery code'), by, times: fc.constantFrom(1, 1, 2) })],
  [4, plain('note the new code')],
  [
    5,
    fc.record({
      type: fc.constant('recover'),
      by: mostlyOwner,
      errand: carelessErrand,
      times: fc.constantFrom(1, 2, 2),
    }),
  ],
  [2, plain('choose the code', 'type a code', 'retry')],
  [6, uses(carelessErrand)],
];

/** Phones that are added in a flow, by whom they belong to and by others, and what they are worth. */
const ADDING: readonly Weighted[] = [
  ...ALWAYS,
  [5, starts(carefulErrand)],
  [5, plain('type the password', 'scan')],
  [2, plain('begin to add a phone', 'retry', 'resend')],
  [3, plain('note the new code')],
  [6, fc.record({ type: fc.constant('add a phone'), by, errand: carefulErrand })],
  [
    4,
    fc.record({
      type: fc.constant('add a phone in a hurry'),
      by,
      errand: carefulErrand,
      after: fc.integer({ min: 12, max: 60 }),
    }),
  ],
  [3, fc.record({ type: fc.constant('prove by push'), by, errand: carefulErrand })],
  [7, uses(carefulErrand)],
];

/** Details that the phone shows, and what the provider says was approved of them. */
const DETAILING: readonly Weighted[] = [
  ...ALWAYS,
  [4, fc.record({ type: fc.constant('hand back'), what: handedBack })],
  [3, starts(transfer)],
  [2, plain('resend', 'retry')],
  [6, fc.record({ type: fc.constant('prove by push'), by, errand: transfer })],
  [6, uses(transfer)],
];

/** Pings: true, late, again, made up, mixed up. */
const PINGING: readonly Weighted[] = [
  ...ALWAYS,
  [5, fc.record({ type: fc.constant('start'), by: mostlyOwner, errand: simpleErrand })],
  [
    8,
    fc.record({
      type: fc.constant('ping'),
      kind: fc.oneof(fc.constantFrom(...PINGS), fc.constantFrom(...MIXED_PINGS)),
    }),
  ],
  [3, fc.record({ type: fc.constant('type the push code'), by, isMistyped: fc.constant(false) })],
  [2, fc.record({ type: fc.constant('prove by push'), by: mostlyOwner, errand: simpleErrand })],
  [
    5,
    fc.record({
      type: fc.constant('look on'),
      by: mostlyOwner,
      dies: fc.constant(false),
      answersAfter: fc.constantFrom(undefined, 2, 11, 12, 13),
    }),
  ],
  [
    5,
    fc.record({
      type: fc.constant('ring again'),
      by: mostlyOwner,
      kind: fc.constantFrom(undefined, ...MIXED_PINGS),
    }),
  ],
  [3, uses(simpleErrand)],
];

/** Polls: somebody looks on, and the process that polls dies again and again. */
const LOOKING_ON: readonly Weighted[] = [
  ...ALWAYS,
  [4, starts(simpleErrand)],
  [6, fc.record({ type: fc.constant('look on'), by: mostlyOwner, dies: flag })],
  [2, plain('resend', 'retry')],
];

const atGuest = <T extends Deed['type']>(...types: T[]) =>
  fc.record({ type: fc.constantFrom(...types), by: guest });

/** Links: asked for, opened in another login, in two, late, again, and what comes of them. */
const LINKING: readonly Weighted[] = [
  ...ALWAYS,
  [
    6,
    fc.record({
      type: fc.constant('ask for a link'),
      by,
      errand: fc.oneof({ weight: 5, arbitrary: linkErrand }, { weight: 1, arbitrary: simpleErrand }),
    }),
  ],
  [7, fc.record({ type: fc.constant('open a link'), by: guest, isOld: fc.constantFrom(false, false, true) })],
  [
    7,
    fc.record({
      type: fc.constant('prove by link'),
      by,
      errand: linkErrand,
      at: guest,
      keptMs: fc.constantFrom(0, 0, 0, 599_000, 601_000),
      uses: fc.nat({ max: 3 }),
    }),
  ],
  [5, atGuest('look', 'watch', 'choose the code', 'type a code', 'resend', 'retry')],
  [2, atGuest('cancel', 'take another way', 'scan', 'note the new code')],
  [3, fc.record({ type: fc.constant('type the push code'), by: guest, isMistyped: flag })],
  [2, plain('resend', 'retry', 'choose the code', 'type a code', 'scan')],
  [2, starts(linkErrand)],
  [2, fc.record({ type: fc.constant('prove by push'), by, errand: linkErrand })],
  [
    8,
    uses(
      fc.oneof({ weight: 4, arbitrary: linkErrand }, { weight: 1, arbitrary: simpleErrand }),
      fc.oneof({ weight: 4, arbitrary: by }, { weight: 1, arbitrary: guest }),
    ),
  ],
];

const STORIES = [RINGING, APPROVING, TRANSFERRING, TYPING, SETTING];
const MOST_STEPS = 20;

const SETUP = {
  ways: fc.constantFrom<Setup['ways'][]>(['mfa-api'], ['ciba'], ['ciba', 'mfa-api'], ['mfa-api', 'ciba']),
  pushCode: fc.constantFrom<PushCodeEntry[]>('typed', 'typed', 'compared'),
  pollSchedule: fc.constantFrom<PollSchedule[]>('eager', 'steady'),
};
const setup: fc.Arbitrary<Setup> = fc.record(SETUP);
const setupWithPage: fc.Arbitrary<Setup> = fc.record({
  ...SETUP,
  ways: fc.constantFrom<Setup['ways'][]>(['redirect'], ['ciba', 'redirect'], ['mfa-api', 'redirect']),
});

function stepsOf(deeds: readonly Weighted[]): fc.Arbitrary<readonly Step[]> {
  const deed = fc.oneof(...deeds.map(([weight, arbitrary]) => ({ weight, arbitrary })));
  const turns = fc.oneof(fc.nat({ max: 12 }), fc.nat({ max: 80 }), fc.constant(10_000));
  const step = fc.record({ deed, process: fc.nat({ max: 1 }), turns });
  return fc.array(step, { minLength: 1, maxLength: MOST_STEPS, size: 'max' });
}

const eager = fc.constant<PollSchedule>('eager');
const mfaApi = fc.constant<Setup['ways']>(['mfa-api']);
const ciba = fc.constantFrom<Setup['ways'][]>(['ciba'], ['ciba', 'mfa-api']);

/** A story that is told of some set-ups alone. */
const told = (
  setup: Partial<{ [Name in keyof Setup]: fc.Arbitrary<Setup[Name]> }>,
  deeds: readonly Weighted[],
) => fc.record({ setup: fc.record({ ...SETUP, ...setup }), steps: stepsOf(deeds) });

/** One of the stories, with any set-up that it can have. */
export const story: fc.Arbitrary<Story> = fc.oneof(
  { weight: STORIES.length, arbitrary: fc.record({ setup, steps: fc.oneof(...STORIES.map(stepsOf)) }) },
  { weight: 1, arbitrary: fc.record({ setup: setupWithPage, steps: stepsOf(VISITING) }) },
  ...[
    told({ ways: mfaApi }, RECOVERING),
    told({ ways: mfaApi, enroll: fc.constantFrom('password', 'session') }, ADDING),
    told({ ways: ciba, details: handedBack }, DETAILING),
    told({ ways: ciba, pings: fc.constant(true) }, PINGING),
    told({ ways: mfaApi, pollSchedule: eager }, LOOKING_ON),
    told({}, LINKING),
    told({ ways: mfaApi, enroll: fc.constant('session') }, LINKING),
  ].map((arbitrary) => ({ weight: 1, arbitrary })),
);
