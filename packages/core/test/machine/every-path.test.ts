import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { adjacencyMapToArray, createTestModel, type TestModel } from 'xstate/graph';
import {
  type Advance,
  advanceFlow,
  awaitsFact,
  createFlow,
  currentWay,
  dueAt,
  type Fact,
  type FlowEvent,
  type FlowSettings,
  type FlowSnapshot,
  type FlowState,
  isDone,
  type RequestEvent,
  stateName,
  stepUpMachine,
} from '../../src/index.ts';
import {
  CIBA,
  EMAIL,
  HOSTED,
  listed,
  mfaApiWay,
  OTP,
  PUSH,
  placeOf,
  REDIRECT,
  settings,
} from '../support/flow-driver.ts';

// Thousands of states take a while on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

type Model = TestModel<FlowSnapshot, FlowEvent, unknown>;

interface Step {
  readonly event: FlowEvent;
  readonly state: FlowSnapshot;
}

const stateOf = ({ value, context }: FlowSnapshot): FlowState => ({
  value: value as FlowState['value'],
  context,
});

/** The latest time that has certainly passed, judging by the flow's memory. */
function nowOf({ context }: FlowState): number {
  const { expiresAt, settings: given, budget, provenAt, resendAllowedAt } = context;
  return Math.max(
    expiresAt === Number.MAX_SAFE_INTEGER ? 1_000_000 : expiresAt - given.flowTtlMs,
    budget.at,
    provenAt ?? 0,
    ...Object.values(resendAllowedAt).map((at) => at - given.resendAfterMs),
  );
}

/** Everything that decides what a flow can do, without times and numbers that only grow. */
function keyOf(snapshot: FlowSnapshot): string {
  const state = stateOf(snapshot);
  if (isDone(state)) return placeOf(state);
  const { context } = state;
  const { settings: given, target, resumesTarget, passwordEntered } = context;
  const now = nowOf(state);
  const isAlive = now < context.mfaTokenExpiresAt;
  return JSON.stringify([
    placeOf(state),
    stateName(state) === 'authenticating' && context.leg,
    context.renewedSilently,
    given.enroll === 'password' && passwordEntered && isAlive,
    isAlive,
    context.isChained,
    context.isListed,
    context.authenticators.map(({ id, active }) => [id, active]),
    context.enrollmentClosed,
    target,
    ['authenticating', 'listing'].includes(stateName(state)) && resumesTarget,
    context.hasRecoveryCodes,
    context.way,
    context.shown,
    context.codeTries,
    context.isCodeEntered,
    Object.entries(context.resendAllowedAt).some(([, at]) => now < at),
  ]);
}

const FACTS: readonly Fact[] = [
  { type: 'mfa.required' },
  { type: 'enrollment.started', binding: 'poll', hasRecoveryCodes: false },
  { type: 'enrollment.started', binding: 'poll', hasRecoveryCodes: true },
  { type: 'enrollment.started', binding: 'prompt', hasRecoveryCodes: false },
  { type: 'challenge.sent', binding: 'poll' },
  { type: 'challenge.sent', binding: 'prompt' },
  { type: 'poll.pending' },
  { type: 'poll.slowed' },
  { type: 'poll.rejected' },
  { type: 'tokens.received', hasRecoveryCodes: false },
  { type: 'tokens.received', hasRecoveryCodes: true },
  { type: 'identity.verified' },
  ...(
    [
      'already_enrolled',
      'code_refused',
      'login_required',
      'mfa_token_expired',
      'not_enrolled',
      'provider_error',
      'provider_unavailable',
    ] as const
  ).map((code): Fact => ({ type: 'effect.failed', code })),
];

const REQUESTS: readonly RequestEvent[] = [
  { type: 'flow.start' },
  { type: 'password.submit' },
  { type: 'code.submit' },
  { type: 'codes.acknowledge' },
  { type: 'challenge.resend' },
  { type: 'way.next' },
  { type: 'flow.retry' },
  { type: 'flow.cancel' },
  ...[PUSH, OTP, EMAIL, HOSTED].map(
    ({ id }): RequestEvent => ({ type: 'factor.choose', authenticatorId: id }),
  ),
  { type: 'enrollment.begin', factor: 'push' },
  { type: 'enrollment.begin', factor: 'email' },
];

/** What can happen besides, where the phone shows a code. */
const CODE_FACT: Fact = { type: 'challenge.sent', binding: 'poll', shown: 'message' };
const CODE_REQUESTS: readonly RequestEvent[] = [
  { type: 'code.submit', isPushCode: true },
  { type: 'code.submit', isPushCode: false },
];

/** What can happen instead, where the user goes to the provider's page. */
const PAGE_FACTS: readonly Fact[] = [
  { type: 'mfa.required' },
  listed(HOSTED),
  { type: 'challenge.sent', binding: 'redirect' },
  { type: 'redirect.returned' },
  ...(['rejected', 'challenge_expired', 'not_enrolled', 'provider_error'] as const).map(
    (code): Fact => ({ type: 'redirect.refused', code }),
  ),
  ...FACTS.filter(({ type }) => ['tokens.received', 'identity.verified', 'effect.failed'].includes(type)),
];

/** What the provider lists: nothing, or every factor that counts in these models. */
function listsOf({ factors }: FlowSettings): readonly Fact[] {
  return [listed(), listed(...[PUSH, OTP, EMAIL].filter(({ factor }) => factors.includes(factor)))];
}

/** Everything that can happen next: each request early and late, each fact, and time. */
function eventsOf(snapshot: FlowSnapshot): readonly FlowEvent[] {
  const state = stateOf(snapshot);
  if (isDone(state)) return [];
  const { context } = state;
  const now = nowOf(state);
  const soon = Math.max(now, context.waitUntil ?? 0, ...Object.values(context.resendAllowedAt));
  const hasCode = currentWay(context).pushCode !== undefined;
  // Without a first leg nothing but the flow itself expires.
  const isEndless = hasCode || context.mfaTokenExpiresAt === Number.MAX_SAFE_INTEGER;
  const late = Math.max(soon, isEndless ? soon : context.mfaTokenExpiresAt);
  const events: FlowEvent[] = [
    ...[...new Set([now, soon, late])].flatMap((at) =>
      [...REQUESTS, ...(hasCode ? CODE_REQUESTS : [])].map((event) => ({ ...event, at, jitterMs: 0 })),
    ),
    ...(currentWay(context).name === 'redirect'
      ? PAGE_FACTS
      : [...FACTS, ...(hasCode ? [CODE_FACT] : []), ...listsOf(context.settings)]
    ).map((fact) => ({
      ...fact,
      seq: context.seq,
      at: now,
      jitterMs: 0,
    })),
    ...[dueAt(state) ?? now, context.expiresAt].map((at) => ({
      type: 'time.passed' as const,
      at: Math.max(at, now),
      jitterMs: 0,
    })),
  ];
  return events.filter((event) => snapshot.can(event));
}

/** A model without some of the facts, each of which would multiply its size. */
function modelOf(given: FlowSettings, without: readonly string[] = []): Model {
  return createTestModel(stepUpMachine, {
    input: given,
    events: (snapshot: FlowSnapshot) => eventsOf(snapshot).filter((event) => !isAmong(without, event)),
    serializeState: keyOf as never,
    limit: 200_000,
  });
}

/** An event without its time and number. */
function keyOfEvent(event: FlowEvent): string {
  return JSON.stringify({ ...event, at: 0, seq: 0 });
}

const snapshotOf = ({ value, context }: FlowState): FlowSnapshot =>
  stepUpMachine.resolveState({ value: value as FlowSnapshot['value'], context });

/**
 * The same step for the flow as it is now: a path consists of states whose times and numbers differ.
 * The time is the one that leads to the same state.
 */
function stepFor(state: FlowState, step: Step): FlowEvent {
  const kind = keyOfEvent(step.event);
  const goal = keyOf(step.state);
  const found = eventsOf(snapshotOf(state)).find(
    (event) => keyOfEvent(event) === kind && keyOf(snapshotOf(advanceFlow(state, event).state)) === goal,
  );
  if (found === undefined) throw new Error(`${placeOf(state)}: no ${kind} leads to ${goal}`);
  return found;
}

/** Whether one of the words is the event's type or failure, or `codes` for recovery codes. */
function isAmong(words: readonly string[], event: FlowEvent): boolean {
  const brings = 'hasRecoveryCodes' in event && event.hasRecoveryCodes;
  return words.some((word) =>
    word === 'codes' ? brings : word === event.type || ('code' in event && word === event.code),
  );
}

/** Whether something is being sent: the way to the provider's page sends nothing. */
const isMessage = ({ value, context: { target } }: FlowSnapshot): boolean =>
  value === 'challenging' && target?.factor !== 'hosted';

const isRequest = ({ type }: { readonly type: string }): boolean =>
  REQUESTS.some((request) => request.type === type);

/** What an observer beside the machine remembers of a path. */
interface Watch {
  readonly exchange: number | undefined;
  readonly isProven: boolean;
  readonly identification: number | undefined;
  readonly isIdentified: boolean;
  readonly challenges: number;
  /** Whether the phone shows a code that was not typed. */
  readonly lacksCode: boolean;
}

/** Whether the fact means that no message was sent, because the token had expired or the factor was unknown. */
function isUnsent(event: FlowEvent): boolean {
  return (
    event.type === 'effect.failed' && (event.code === 'mfa_token_expired' || event.code === 'not_enrolled')
  );
}

const UNWATCHED: Watch = {
  exchange: undefined,
  isProven: false,
  identification: undefined,
  isIdentified: false,
  challenges: 0,
  lacksCode: false,
};

function watch(
  before: Watch,
  from: FlowState['value'],
  event: FlowEvent,
  { state, effect, accepted }: Advance,
): Watch {
  let next = isRequest(event) ? { ...before, challenges: 0 } : before;
  if (from === 'challenging' && isUnsent(event)) next = { ...next, challenges: 0 };
  if (accepted && event.type === 'tokens.received') {
    next = { ...next, isProven: event.seq === next.exchange, isIdentified: false };
  }
  if (accepted && event.type === 'identity.verified') {
    next = { ...next, isIdentified: next.isProven && event.seq === next.identification };
  }
  if (accepted && event.type === 'challenge.sent') next = { ...next, lacksCode: event.shown !== undefined };
  if (accepted && event.type === 'code.submit' && event.isPushCode === true)
    next = { ...next, lacksCode: false };
  switch (effect?.type) {
    case undefined:
      break;
    case 'poll':
    case 'verify':
      next = { ...next, exchange: effect.params.seq, isProven: false, isIdentified: false };
      break;
    case 'identify':
      next = { ...next, identification: effect.params.seq, isIdentified: false };
      break;
    case 'challenge':
      next = {
        ...next,
        isProven: false,
        isIdentified: false,
        challenges: next.challenges + 1,
        lacksCode: false,
      };
      break;
    default:
      next = { ...next, isProven: false, isIdentified: false };
  }
  if (state.value === 'approved' && !(next.isProven && next.isIdentified)) {
    throw new Error(`approved by ${event.type} without a proof and an identity`);
  }
  const isPush = state.value === 'approved' && state.context.target?.factor === 'push';
  if (isPush && next.lacksCode) throw new Error('approved without the code that the phone shows');
  if (next.challenges > 1) throw new Error(`a second message by ${event.type}, which no user asked for`);
  return next;
}

/** An assertion for 100,000 cases, for which vitest's own are too slow. */
function assert(holds: boolean, what: string, state: FlowState): void {
  if (!holds) throw new Error(`${placeOf(state)}: ${what}`);
}

function checkState(state: FlowState): void {
  const cancel = advanceFlow(state, { type: 'flow.cancel', at: nowOf(state), jitterMs: 0 });
  assert(cancel.accepted !== isDone(state), 'takes flow.cancel unless it is done', state);
  const rests = ['idle', 'expired', 'approved', 'cancelled'].includes(stateName(state));
  const waits = awaitsFact(state) || dueAt(state) !== undefined;
  assert(waits !== rests, 'awaits a fact, or the clock, or is at rest', state);
}

interface Reached {
  readonly state: FlowState;
  readonly watched: Watch;
}

/** Follows a path from the last point that was reached. Each state on it is kept as JSON, as a store would. */
function walk(steps: readonly Step[], given: FlowSettings, walked: ReadonlyMap<string, Reached>): Reached {
  let from = steps.findLastIndex((step) => walked.has(keyOf(step.state)));
  let { state, watched } = walked.get(from < 0 ? '' : keyOf((steps[from] as Step).state)) ?? {
    state: createFlow(given),
    watched: UNWATCHED,
  };
  for (from = Math.max(1, from + 1); from < steps.length; from += 1) {
    const event = stepFor(state, steps[from] as Step);
    const advance = checkStep(state, event);
    watched = watch(watched, state.value, event, advance);
    assert(
      isDeepStrictEqual(roundTrip(advanceFlow(roundTrip(state), event)), roundTrip(advance)),
      `${event.type} does the same to a flow that was kept`,
      state,
    );
    state = roundTrip(advance.state);
  }
  return { state, watched };
}

const roundTrip = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

function checkStep(state: FlowState, event: FlowEvent): Advance {
  const advance = advanceFlow(state, event);
  assert(advance.accepted, `takes ${event.type}`, state);
  const goesOn = event.type === 'code.submit' && awaitsFact(state) && state.value !== 'verifying';
  assert(
    goesOn || awaitsFact(advance.state) === (advance.effect !== undefined),
    'the flow waits for a fact exactly after an effect',
    state,
  );
  assert(
    advance.effect === undefined || advance.effect.params.seq === advance.state.context.seq,
    'an effect carries the number of its fact',
    state,
  );
  assert(
    advance.state.context.seq - state.context.seq === (advance.effect ? 1 : 0),
    'a step has at most one effect',
    state,
  );
  return advance;
}

describe.each([
  ['a session may add a factor', settings({ factors: ['push'] }), ['already_enrolled']],
  [
    'the user types codes',
    settings({ factors: ['otp', 'email'], enroll: 'session' }),
    ['codes', 'not_enrolled', 'already_enrolled', 'poll.pending', 'enrollment.begin'],
  ],
  [
    'adding a factor needs the password',
    settings({ enroll: 'password', firstLegs: ['refresh-token'], factors: ['push'] }),
    ['codes', 'not_enrolled', 'code_refused'],
  ],
  [
    'no factor can be added',
    settings({ enroll: 'refuse', firstLegs: ['mfa-token', 'password'], factors: ['push', 'otp'] }),
    ['codes', 'not_enrolled'],
  ],
  [
    'a factor is added to existing ones',
    settings({
      adds: { factor: 'email', tokenExpiresAt: Number.MAX_SAFE_INTEGER },
      firstLegs: ['access-token'],
      factors: ['push'],
      enroll: 'refuse',
    }),
    ['not_enrolled'],
  ],
  [
    'the phone shows a code, and there is another way',
    settings({ factors: ['push'], enroll: 'refuse', ways: [CIBA, mfaApiWay()] }),
    ['codes', 'already_enrolled', 'code_refused', 'enrollment.begin', 'poll.slowed'],
  ],
  [
    'the user goes to the provider’s page, and there is another way',
    settings({ factors: ['push', 'hosted'], enroll: 'refuse', ways: [REDIRECT, CIBA] }),
    ['codes', 'already_enrolled', 'code_refused', 'enrollment.begin', 'poll.slowed', 'mfa_token_expired'],
  ],
] as const)('every path, where %s', (_, given, without) => {
  const model = modelOf(given, without);
  const paths = model.getShortestPaths({ allowDuplicatePaths: true });

  it("keeps the machine's promises at every step from every state", () => {
    let steps = 0;
    const reached = new Map<string, Reached>();
    for (const path of paths) {
      const { state, watched } = walk(path.steps, given, reached);
      reached.set(keyOf(path.state), { state, watched });
      assert(keyOf(path.state) === keyOf(snapshotOf(state)), 'the path leads here', state);
      checkState(state);
      for (const event of eventsOf(snapshotOf(state))) {
        const advance = checkStep(state, event);
        watch(watched, state.value, event, advance);
        if (given.enroll === 'refuse' && given.adds === undefined) {
          assert(advance.effect?.type !== 'enroll', 'adds nothing', state);
        }
        if (given.adds !== undefined) {
          assert(advance.effect?.type !== 'challenge', 'challenges nothing', state);
          assert(advance.state.context.target?.factor !== 'push', 'adds nothing else', state);
        }
        if (given.enroll === 'password' && advance.effect?.type === 'enroll') {
          assert(advance.state.context.passwordEntered, 'adds nothing without the password', state);
        }
        steps += 1;
      }
    }
    expect(paths.length).toBeGreaterThan(100);
    expect(steps).toBeGreaterThan(1_000);
  });

  it('sends no second message without a request, on any path', () => {
    const edges = adjacencyMapToArray(model.getAdjacencyMap()).map(({ state, event, nextState }) => ({
      event,
      from: keyOf(state),
      to: keyOf(nextState),
      sent: isMessage(nextState) && nextState.context.seq > state.context.seq ? 1 : 0,
      isUnsent: state.value === 'challenging' && isUnsent(event),
    }));
    const bySource = Map.groupBy(edges, ({ from }) => from);
    const seen = new Map<string, number>();
    const follow = (key: string, before: number): void => {
      if ((seen.get(key) ?? -1) >= before) return;
      seen.set(key, before);
      for (const edge of bySource.get(key) ?? []) {
        if (isRequest(edge.event)) continue;
        const sent = (edge.isUnsent ? 0 : before) + edge.sent;
        if (sent > 1) throw new Error(`${edge.event.type} sends a second message in ${key}`);
        follow(edge.to, sent);
      }
    };
    for (const { event, to, sent } of edges) if (isRequest(event)) follow(to, sent);
    expect(seen.size).toBeGreaterThan(50);
  });
});

describe('every state of the machine', () => {
  it('is reached', () => {
    const reached = new Set(
      [
        settings({ factors: ['push'] }),
        settings({ factors: ['otp'], firstLegs: ['password'] }),
        settings({ factors: ['push'], ways: [CIBA] }),
        settings({ factors: ['hosted'], enroll: 'refuse', ways: [REDIRECT] }),
      ].flatMap((given) =>
        modelOf(given, ['not_enrolled', 'already_enrolled'])
          .getShortestPaths({ allowDuplicatePaths: true })
          .map(({ state }) => placeOf(stateOf(state))),
      ),
    );
    const passing = ['authenticating.deciding', 'listing.deciding'];
    const all = Object.values(stepUpMachine.root.states).flatMap(({ key, states }) => {
      const inner = Object.keys(states);
      return inner.length === 0 ? [key] : inner.map((name) => `${key}.${name}`);
    });
    expect([...reached].sort()).toEqual(all.filter((place) => !passing.includes(place)).sort());
  });
});

describe('the usual paths', () => {
  const usual = [
    'flow.start',
    'mfa.required',
    'authenticators.listed',
    'enrollment.started',
    'challenge.sent',
    'poll.rejected',
    'challenge.resend',
    'tokens.received',
    'identity.verified',
    'codes.acknowledge',
    'time.passed',
    'code.submit',
  ];
  const given = settings({ factors: ['push'] });
  const model = createTestModel(stepUpMachine, {
    input: given,
    // One of each kind: the same request at another time would only multiply the paths.
    events: (snapshot: FlowSnapshot) => [
      ...new Map(
        eventsOf(snapshot)
          .filter(({ type }) => usual.includes(type))
          .filter(({ type }) => type !== 'mfa.required' || stateName(stateOf(snapshot)) === 'authenticating')
          .map((event) => [keyOfEvent(event), event]),
      ).values(),
    ],
    serializeState: keyOf as never,
  });

  it('end in an approval only after a proof and an identity check', () => {
    const ways = model.getSimplePaths({ toState: ({ value }) => value === 'approved' });
    for (const { steps } of ways) {
      const { state } = walk(steps, given, new Map());
      expect(state.value).toBe('approved');
    }
    expect(ways.length).toBeGreaterThan(10);
  });
});
