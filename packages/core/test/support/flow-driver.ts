import {
  type Authenticator,
  advanceFlow,
  cibaCapabilities,
  createFlow,
  dueAt,
  type Effect,
  type Fact,
  type FirstLegMethod,
  FLOW_DEFAULTS,
  type FlowContext,
  type FlowEvent,
  type FlowSettings,
  type FlowState,
  MFA_API_CAPABILITIES,
  type ReasonCode,
  type RequestEvent,
  redirectCapabilities,
  type Target,
  type WaySettings,
  waySettings,
} from '../../src/index.ts';

export const PUSH: Authenticator = { id: 'push|dev_1', factor: 'push', active: true, name: 'Phone' };
export const OTHER_PUSH: Authenticator = { id: 'push|dev_2', factor: 'push', active: true };
export const OTP: Authenticator = { id: 'totp|dev_3', factor: 'otp', active: true };
export const SMS: Authenticator = { id: 'sms|dev_4', factor: 'sms', active: true, name: 'XXXXXXX12' };
export const EMAIL: Authenticator = { id: 'email|dev_5', factor: 'email', active: true };
export const RECOVERY: Authenticator = { id: 'recovery-code|dev_6', factor: 'recovery-code', active: true };

const START = Date.UTC(2026, 0, 1);

/** The settings of a flow in tests: every factor counts, the first leg is silent, the session may add a factor. */
export function settings({ firstLegs = ['custom'], ...overrides }: Overrides = {}): FlowSettings {
  return {
    ...FLOW_DEFAULTS,
    factors: ['push', 'otp', 'sms', 'voice', 'email', 'recovery-code'],
    ways: [mfaApiWay(firstLegs)],
    enroll: 'session',
    ...overrides,
  };
}

/** Settings of a flow, and the first legs of its only way. */
type Overrides = Partial<FlowSettings> & { readonly firstLegs?: readonly FirstLegMethod[] };

/** CIBA, whose code is typed. */
export const CIBA: WaySettings = waySettings(
  { name: 'ciba', can: cibaCapabilities({}) },
  { firstLegs: [], pushCode: 'typed' },
);

/** The provider's own page, and what stands for it in its list. */
export const HOSTED: Authenticator = { id: 'hosted', factor: 'hosted', active: true };
export const REDIRECT: WaySettings = waySettings(
  { name: 'redirect', can: redirectCapabilities({}) },
  { firstLegs: [], pushCode: 'typed' },
);

/** Auth0's MFA API, with these first legs. */
export function mfaApiWay(firstLegs: readonly FirstLegMethod[] = ['custom']): WaySettings {
  return waySettings({ name: 'mfa-api', can: MFA_API_CAPABILITIES }, { firstLegs, pushCode: 'typed' });
}

/** Runs a flow step by step: requests and facts go in, effects come out, and time moves only on request. */
export interface FlowDriver {
  readonly state: FlowState;
  readonly context: FlowContext;
  /** The state with its inner state: `polling.waiting`. */
  readonly place: string;
  readonly reason: ReasonCode | undefined;
  readonly target: Target | undefined;
  readonly effects: readonly Effect[];
  readonly lastEffect: Effect | undefined;
  readonly now: number;
  /** How many effects of a type there were. */
  count(type: Effect['type']): number;
  /** Sends a request. Returns whether the flow took it. */
  ask(request: RequestEvent): boolean;
  /** Answers the last effect, or another one by its number. Returns whether the flow took it. */
  answer(fact: Fact, seq?: number): boolean;
  fail(code: ReasonCode, retryAfterMs?: number): boolean;
  wait(ms: number): void;
  /** Sends `time.passed` for the present time. */
  tick(): boolean;
  /** Moves to the time that the flow waits for, and sends `time.passed`. */
  tickWhenDue(): boolean;
  /** An independent copy. */
  fork(): FlowDriver;
}

export function createDriver(overrides: Overrides = {}): FlowDriver {
  return driverOf(createFlow(settings(overrides)), START, []);
}

function driverOf(initial: FlowState, start: number, past: readonly Effect[]): FlowDriver {
  let state = initial;
  let now = start;
  const effects = [...past];

  function take(event: FlowEvent): boolean {
    const advance = advanceFlow(state, event);
    // As a store would return it.
    state = JSON.parse(JSON.stringify(advance.state)) as FlowState;
    if (advance.effect) effects.push(advance.effect);
    return advance.accepted;
  }
  const stamp = () => ({ at: now, jitterMs: 0 });

  const driver: FlowDriver = {
    get state() {
      return state;
    },
    get context() {
      return state.context;
    },
    get place() {
      return placeOf(state);
    },
    get reason() {
      return state.context.reason;
    },
    get target() {
      return state.context.target;
    },
    get effects() {
      return effects;
    },
    get lastEffect() {
      return effects.at(-1);
    },
    get now() {
      return now;
    },
    count: (type) => effects.filter((effect) => effect.type === type).length,
    ask: (request) => take({ ...request, ...stamp() }),
    answer: (fact, seq = state.context.seq) => take({ ...fact, ...stamp(), seq }),
    fail: (code, retryAfterMs) =>
      driver.answer({
        type: 'effect.failed',
        code,
        ...(retryAfterMs !== undefined && { retryAfterMs }),
      }),
    wait(ms) {
      now += ms;
    },
    tick: () => take({ type: 'time.passed', ...stamp() }),
    tickWhenDue() {
      now = Math.max(now, dueAt(state) ?? now);
      return driver.tick();
    },
    fork: () => driverOf(state, now, effects),
  };
  return driver;
}

/** `polling.waiting` and so on. */
export function placeOf({ value }: FlowState): string {
  return typeof value === 'string' ? value : Object.entries(value).flat().join('.');
}

export const MFA_REQUIRED: Fact = { type: 'mfa.required' };
export const PENDING: Fact = { type: 'poll.pending' };
export const TOKENS: Fact = { type: 'tokens.received', hasRecoveryCodes: false };
export const VERIFIED: Fact = { type: 'identity.verified' };

export function listed(...authenticators: readonly Authenticator[]): Fact {
  return { type: 'authenticators.listed', authenticators };
}

/** A flow that has just learned the user's authenticators. */
export function listedDriver(
  authenticators: readonly Authenticator[],
  overrides: Overrides = {},
): FlowDriver {
  const driver = createDriver(overrides);
  driver.ask({ type: 'flow.start' });
  if (driver.place === 'authenticating.askingPassword') driver.ask({ type: 'password.submit' });
  driver.answer(MFA_REQUIRED);
  driver.answer(listed(...authenticators));
  return driver;
}

/** A flow that waits for the answer to a push. */
export function pollingDriver(
  authenticators: readonly Authenticator[] = [PUSH, OTP, SMS],
  overrides: Overrides = {},
): FlowDriver {
  const driver = listedDriver(authenticators, overrides);
  driver.answer({ type: 'challenge.sent', binding: 'poll' });
  return driver;
}

/** A flow that shows the QR code of a new push factor. */
export function confirmingDriver(overrides: Overrides = {}, hasRecoveryCodes = false): FlowDriver {
  const driver = listedDriver([], overrides);
  driver.answer({ type: 'enrollment.started', binding: 'poll', hasRecoveryCodes });
  return driver;
}

/** A flow in each state, with every factor available where that is possible. */
export function everyPlace(): Readonly<Record<string, FlowDriver>> {
  const started = (overrides: Overrides = {}): FlowDriver => {
    const driver = createDriver(overrides);
    driver.ask({ type: 'flow.start' });
    return driver;
  };
  const after = (driver: FlowDriver, ...steps: readonly ((driver: FlowDriver) => unknown)[]): FlowDriver => {
    for (const step of steps) step(driver);
    return driver;
  };
  const fails = (code: ReasonCode) => (driver: FlowDriver) => driver.fail(code);
  const due = (driver: FlowDriver) => driver.tickWhenDue();
  const answers = (fact: Fact) => (driver: FlowDriver) => driver.answer(fact);
  const polled = () => after(pollingDriver(), due);
  const identifying = () => after(polled(), answers(TOKENS));
  const prompting = () =>
    after(listedDriver([OTP, SMS]), (driver) =>
      driver.ask({ type: 'factor.choose', authenticatorId: OTP.id }),
    );

  const drivers = [
    createDriver(),
    started({ firstLegs: ['password'] }),
    started(),
    after(started(), fails('provider_unavailable')),
    after(started(), answers(MFA_REQUIRED)),
    after(started(), answers(MFA_REQUIRED), fails('provider_unavailable')),
    listedDriver([OTP, SMS]),
    listedDriver([]),
    after(listedDriver([]), fails('provider_unavailable')),
    confirmingDriver(),
    after(confirmingDriver(), due),
    listedDriver([PUSH, OTP, SMS]),
    pollingDriver(),
    polled(),
    redirectingDriver(),
    prompting(),
    after(prompting(), (driver) => driver.ask({ type: 'code.submit' })),
    identifying(),
    after(identifying(), fails('provider_unavailable')),
    after(polled(), answers({ type: 'tokens.received', hasRecoveryCodes: true }), answers(VERIFIED)),
    after(identifying(), answers(VERIFIED)),
    after(polled(), answers({ type: 'poll.rejected' })),
    after(polled(), fails('challenge_expired')),
    after(polled(), fails('provider_error')),
    after(polled(), (driver) => driver.ask({ type: 'flow.cancel' })),
  ];
  return Object.fromEntries(drivers.map((driver) => [driver.place, driver]));
}

/** A flow whose user is on the provider's page. */
export function redirectingDriver(overrides: Overrides = {}): FlowDriver {
  const driver = createDriver({ factors: ['hosted'], enroll: 'refuse', ways: [REDIRECT], ...overrides });
  driver.ask({ type: 'flow.start' });
  driver.answer(MFA_REQUIRED);
  driver.answer(listed(HOSTED));
  driver.ask({ type: 'factor.choose', authenticatorId: HOSTED.id });
  driver.answer({ type: 'challenge.sent', binding: 'redirect', expiresInMs: 600_000 });
  return driver;
}

/** One of each fact. */
export const EVERY_FACT: readonly Fact[] = [
  MFA_REQUIRED,
  listed(PUSH, OTP, SMS),
  { type: 'enrollment.started', binding: 'poll', hasRecoveryCodes: false },
  { type: 'enrollment.started', binding: 'prompt', hasRecoveryCodes: true },
  { type: 'challenge.sent', binding: 'poll' },
  { type: 'challenge.sent', binding: 'prompt' },
  PENDING,
  { type: 'poll.slowed' },
  { type: 'poll.rejected' },
  TOKENS,
  { type: 'tokens.received', hasRecoveryCodes: true },
  VERIFIED,
  { type: 'challenge.sent', binding: 'redirect' },
  { type: 'redirect.returned' },
  { type: 'redirect.refused', code: 'rejected' },
  { type: 'effect.failed', code: 'provider_unavailable' },
  { type: 'effect.failed', code: 'provider_error' },
  { type: 'effect.failed', code: 'mfa_token_expired' },
  { type: 'effect.failed', code: 'login_required' },
];
