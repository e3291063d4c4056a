import { createActor, type InspectionEvent, type Observer, type Subscription } from 'xstate';
import { type Clock, setTimer, systemClock } from '../lib/clock.ts';
import { type EnrollmentRule, FLOW_DEFAULTS, type FlowSettings } from '../machine/context.ts';
import { EFFECT_TYPES, type Effect } from '../machine/effects.ts';
import {
  type FlowEvent,
  type Inputs,
  type SignInMethod,
  type Stamp,
  type StepUpRequest,
  splitRequest,
} from '../machine/events.ts';
import { awaitsFact, dueAt, isDone, stateName, toState } from '../machine/flow.ts';
import { stepUpMachine } from '../machine/machine.ts';
import { isPollSchedule, type PollSchedule } from '../machine/poll-schedule.ts';
import { createPushCode, judgeCode } from '../machine/push-code.ts';
import { updateVault, type Vault } from '../machine/vault.ts';
import { createView, type FlowView, isSameView } from '../machine/view.ts';
import { type PushCodeEntry, waySettings } from '../machine/way-settings.ts';
import type { ApprovalRequest, MfaTransaction, TokenSet, Way } from '../provider/way.ts';
import {
  DEFAULT_FACTORS,
  type EnrollableFactor,
  FACTORS,
  type Factor,
  isEnrollable,
  isFactor,
} from '../terms/factor.ts';
import { StepUpError } from '../terms/step-up-error.ts';
import { runEffect } from './run-effect.ts';

/** A factor to add for a user who may have others. The user's first factor needs only an `mfa_token`. */
export interface FactorToAdd {
  readonly factor: EnrollableFactor;
  /** A token for the audience `<issuer>mfa/` with the scopes `enroll` and `read:authenticators`. */
  readonly accessToken: string;
  /** How long the token is still valid, in milliseconds. Default: 10 minutes, which is Auth0's own limit. */
  readonly expiresInMs?: number;
  /** E.164, for `sms` and `voice`. */
  readonly phoneNumber?: string;
  readonly email?: string;
}

/** Options of {@link createStepUpActor}. */
export interface StepUpActorOptions {
  /** The provider's path to the proof: `createAuth0MfaApi(...)`, or your own. */
  readonly way: Way;
  /** The token of an `mfa_required` that the app received. It serves one start; `signIn` serves the next ones. */
  readonly mfaToken?: string;
  /** Gets the next `mfa_required`, when the token has expired or none was given. */
  readonly signIn?: (options: { readonly signal: AbortSignal }) => Promise<MfaTransaction>;
  /** Who approves, for ways without a first leg. Takes the place of `mfaToken` and `signIn`. */
  readonly subject?: string;
  /** What is approved, for the phone to show. */
  readonly action?: ApprovalRequest['action'];
  /**
   * Where the phone shows a code with the push: whether the user types it here (default), without which an answer on the
   * phone is worth nothing, or compares it with the one in `view.disclosure`.
   */
  readonly pushCode?: PushCodeEntry;
  /** Adds this factor, instead of asking for an approval. Replaces `mfaToken` and `signIn`. */
  readonly adds?: FactorToAdd;
  /** The factors that count; default push and one-time passwords. */
  readonly factors?: readonly Factor[];
  /** Whether the user may add a first factor. Default `session`, since the app has just received `mfa_required`. */
  readonly enroll?: Exclude<EnrollmentRule, 'password'>;
  /** Checks whose approval the tokens are (the `id_token`'s subject). Throw a `StepUpError` to refuse them. */
  readonly identify?: (tokens: TokenSet, options: { readonly signal: AbortSignal }) => Promise<void>;
  /**
   * `eager` polls faster while Auth0's burst lasts, which halves the time until an answer is seen. Default `steady`,
   * until eager polling has been proven on live tenants.
   */
  readonly pollSchedule?: PollSchedule;
  /** Overrides of the waiting times, in milliseconds. */
  readonly settings?: Partial<
    Pick<FlowSettings, 'pollIntervalMs' | 'mfaTokenTtlMs' | 'challengeTtlMs' | 'resendAfterMs' | 'flowTtlMs'>
  >;
  readonly clock?: Clock;
  /** A number from 0 up to 1, for the jitter of polls. */
  readonly random?: () => number;
  /** XState's inspector. It sees states, times and reasons, and never secrets. */
  readonly inspect?: Observer<InspectionEvent> | ((event: InspectionEvent) => void);
  /**
   * Called with what an operator must look at: bugs in `signIn` and `identify`, and a tenant that is misconfigured or
   * down.
   */
  readonly onError?: (error: unknown) => void;
}

/** An actor's state at one time. It is the same object until something changes. */
export interface StepUpSnapshot {
  readonly status: 'active' | 'done' | 'stopped';
  readonly view: FlowView;
}

/** A flow as an actor. The interface is the same wherever the machine runs. */
export interface StepUpActor {
  /** The last snapshot's view. */
  readonly view: FlowView;
  getSnapshot(): StepUpSnapshot;
  /** Calls back after every change, but not at once. */
  subscribe(observer: ((snapshot: StepUpSnapshot) => void) | Partial<Observer<StepUpSnapshot>>): Subscription;
  /** Asks the flow to do something. Requests that it does not take now are ignored; see `view.allowedEvents`. */
  send(request: StepUpRequest): void;
  /** Stops at once: open requests are aborted. Send `flow.cancel` to end the flow properly. */
  stop(): void;
}

/** A {@link StepUpActor} that runs the machine itself. */
export interface LocalStepUpActor extends StepUpActor {
  /** The tokens of an approved flow. They are secret, so no snapshot holds them. */
  tokens(): TokenSet | undefined;
}

/**
 * Runs a flow locally: in a browser, a terminal, a native shell or a test.
 *
 * @throws TypeError when an option is missing or wrong; the message names it.
 *
 * @example
 * const stepUp = createStepUpActor({ way, mfaToken });
 * stepUp.subscribe(({ view }) => render(view));
 * stepUp.send({ type: 'flow.start' });
 */
export function createStepUpActor(options: StepUpActorOptions): LocalStepUpActor {
  const { way, adds, clock = systemClock, random = Math.random, onError = () => {} } = options;
  const observers = new Set<Partial<Observer<StepUpSnapshot>>>();
  let vault: Vault = updateVault(
    {},
    adds && { mfaToken: adds.accessToken, phoneNumber: adds.phoneNumber, email: adds.email },
  );
  let inputs: Inputs = {};
  let unusedMfaToken = options.mfaToken;
  let running: AbortController | undefined;
  let timer: unknown;
  let version = 0;

  const actor = createActor(
    stepUpMachine.provide({
      actions: Object.fromEntries(
        EFFECT_TYPES.map((type) => [
          type,
          (_: unknown, params: Effect['params']) => start({ type, params } as Effect),
        ]),
      ),
    }),
    { input: settingsOf(options, clock.now()), ...(options.inspect && { inspect: options.inspect }) },
  );

  function start(effect: Effect): void {
    running?.abort();
    const controller = new AbortController();
    running = controller;
    void runEffect(effect, {
      way,
      vault,
      inputs,
      signal: controller.signal,
      approval: { subject: options.subject ?? '', ...(options.action && { action: options.action }) },
      createPushCode: () => createPushCode((size) => crypto.getRandomValues(new Uint8Array(size))),
      authenticate,
      identify: async (tokens, signal) => options.identify?.(tokens, { signal }),
      onError: onError,
    }).then(({ fact, secrets }) => take({ ...fact, seq: effect.params.seq, ...stamp() }, secrets));
  }

  /** An event that the flow does not take changes nothing. Of a late result, not even the secrets are kept. */
  function take(event: FlowEvent, secrets?: Vault, typed: Inputs = {}): void {
    if (snapshot.status !== 'active' || !actor.getSnapshot().can(event)) return;
    vault = updateVault(vault, secrets);
    inputs = typed;
    actor.send(event);
  }

  async function authenticate(
    method: SignInMethod,
    _inputs: unknown,
    signal: AbortSignal,
  ): Promise<MfaTransaction> {
    if (method === 'none') return { mfaToken: '' };
    if (unusedMfaToken !== undefined) {
      const mfaToken = unusedMfaToken;
      unusedMfaToken = undefined;
      return { mfaToken };
    }
    if (options.signIn === undefined) {
      throw new StepUpError('login_required', 'the mfa_token was used already: sign in again');
    }
    return options.signIn({ signal });
  }

  function stamp(): Stamp {
    return { at: clock.now(), jitterMs: Math.floor(random() * 1_000) };
  }

  function takeSnapshot(status: StepUpSnapshot['status']): StepUpSnapshot {
    const state = toState(actor.getSnapshot());
    return { status, view: createView({ state, openVault: () => vault, version, now: clock.now() }) };
  }

  function schedule(): void {
    clock.clearTimeout(timer);
    const due = dueAt(toState(actor.getSnapshot()));
    if (due === undefined) return;
    const wake = (): void => {
      // Timers can fire early, and clocks can be set back.
      if (clock.now() < due) schedule();
      else take({ type: 'time.passed', ...stamp() });
    };
    timer = setTimer(clock, wake, due);
  }

  let snapshot = takeSnapshot('active');

  actor.subscribe((next) => {
    const state = toState(next);
    if (!awaitsFact(state)) running?.abort();
    if (isDone(state)) vault = stateName(state) === 'approved' ? { tokens: vault.tokens } : {};
    const before = snapshot.view;
    snapshot = takeSnapshot(isDone(state) ? 'done' : 'active');
    if (!isSameView(before, snapshot.view)) {
      version += 1;
      snapshot = { ...snapshot, view: { ...snapshot.view, version } };
    }
    schedule();
    for (const observer of observers) {
      observer.next?.(snapshot);
      if (snapshot.status === 'done') observer.complete?.();
    }
  });
  actor.start();

  return {
    get view() {
      return snapshot.view;
    },
    getSnapshot: () => snapshot,
    subscribe(observer) {
      const entry = typeof observer === 'function' ? { next: observer } : observer;
      observers.add(entry);
      return { unsubscribe: () => void observers.delete(entry) };
    },
    send(request) {
      const { event, inputs: typed, secrets } = splitRequest(request);
      take({ ...judgeCode(event, typed.code, vault), ...stamp() }, secrets, typed);
    },
    stop() {
      if (snapshot.status !== 'active') return;
      clock.clearTimeout(timer);
      running?.abort();
      actor.stop();
      vault = {};
      snapshot = takeSnapshot('stopped');
      for (const observer of observers) observer.complete?.();
      observers.clear();
    },
    tokens: () => (stateName(toState(actor.getSnapshot())) === 'approved' ? vault.tokens : undefined),
  };
}

/** The life of an access token for Auth0's MFA API, which is not configurable. */
const MFA_ACCESS_TOKEN_TTL_MS = 600_000;

function settingsOf(options: StepUpActorOptions, now: number): FlowSettings {
  const {
    way,
    mfaToken,
    signIn,
    adds,
    factors = DEFAULT_FACTORS,
    enroll = 'session',
    settings = {},
  } = options;
  if (typeof way?.redeem !== 'function') {
    throw new TypeError('way: must be a way of a provider, like createAuth0MfaApi(...)');
  }
  if (way.can.needsBrowser) {
    throw new TypeError(
      `way: ${way.name} sends the user to the provider's page, and only a server can take the return: use a gate of @stepgate/server`,
    );
  }
  const needsSubject = way.can.firstLeg === 'none';
  if (needsSubject && typeof options.subject !== 'string') {
    throw new TypeError('subject: must be a string, since this way has no first leg');
  }
  if (!needsSubject && mfaToken === undefined && signIn === undefined && adds === undefined) {
    throw new TypeError('mfaToken, signIn or adds: set one of them');
  }
  if (adds !== undefined && !(isEnrollable(adds.factor) && typeof adds.accessToken === 'string')) {
    throw new TypeError('adds: must be an object with a factor that can be added and an accessToken');
  }
  if (factors.length === 0 || !factors.every(isFactor)) {
    throw new TypeError(`factors: must be a list of some of ${FACTORS.join(', ')}`);
  }
  if (enroll !== 'session' && enroll !== 'refuse') {
    throw new TypeError("enroll: must be 'session' or 'refuse'");
  }
  const { pollSchedule = 'steady', pushCode = 'typed' } = options;
  if (!isPollSchedule(pollSchedule)) throw new TypeError("pollSchedule: must be 'steady' or 'eager'");
  for (const [name, ms] of Object.entries(settings)) {
    if (!(ms > 0)) throw new TypeError(`settings.${name}: must be a positive number of milliseconds`);
  }
  return {
    ...FLOW_DEFAULTS,
    ...settings,
    ...(adds && {
      adds: {
        factor: adds.factor,
        tokenExpiresAt: now + (adds.expiresInMs ?? MFA_ACCESS_TOKEN_TTL_MS),
      },
    }),
    factors,
    ways: [waySettings(way, { firstLegs: [adds === undefined ? 'custom' : 'access-token'], pushCode })],
    enroll,
    pollSchedule,
  };
}
