import { dropUndefined } from '../lib/drop-undefined.ts';
import type { Authenticator, PhoneShown, WayName } from '../provider/way.ts';
import { type EnrollableFactor, type Factor, isScanned } from '../terms/factor.ts';
import type { ReasonCode } from '../terms/reason-codes.ts';
import {
  addressee,
  awaitsPushCode,
  currentWay,
  enrollableFactors,
  type FlowContext,
  usableAuthenticators,
} from './context.ts';
import type { RequestEvent, StepUpRequestType } from './events.ts';
import {
  asksAgain,
  expiry,
  type FlowState,
  type FlowStateName,
  isAnswered,
  stateName,
  toSnapshot,
} from './flow.ts';
import { affordableAt } from './poll-schedule.ts';
import { PUSH_CODE_TRIES } from './push-code.ts';
import type { Vault } from './vault.ts';
import type { PushCodeEntry } from './way-settings.ts';
import { otherWay } from './ways.ts';

/** The few secrets that the user must see in this state, and only in this state. */
export interface Disclosure {
  /** `confirming`, and `prompting` while a one-time password is added: the `otpauth:` link of the QR code. */
  readonly barcodeUri?: string;
  /** `prompting` while a one-time password is added: its secret, for typing it into an app. */
  readonly otpSecret?: string;
  /** `acknowledging`: shown once. */
  readonly recoveryCodes?: readonly string[];
  /** `polling`: the code that the phone must show, where the user compares the two. */
  readonly pushCode?: string;
  /**
   * `redirecting`: the provider's page. Go there at the user's click that has led to this state, and no other time:
   * otherwise offer `factor.choose`, which makes a new address.
   */
  readonly authorizationUrl?: string;
}

/** What the user's phone shows with the push, and what is left to do with the code that is part of it. */
export interface PushCodeView {
  /** `typed`: the user types the code here, before or after the answer on the phone. `compared`: it is shown here. */
  readonly entry: PushCodeEntry;
  /** `code`: the code alone. `message`: the action's title, too. `details`: all that the app gave. */
  readonly shown: PhoneShown;
  /** Whether the code still has to be typed. */
  readonly isAwaited: boolean;
  /** Whether the phone has answered yes. Without the code that is not an approval. */
  readonly isAnswered: boolean;
  readonly triesLeft: number;
}

/** What a UI may see of a flow: everything it needs, and no secrets outside `disclosure`. */
export interface FlowView {
  /** The flow's id on a server: random, not secret, and the same for everyone who follows the flow. */
  readonly flowId?: string;
  /** Grows with every change of the view. `now` and `nextPollAt` do not count as changes. */
  readonly version: number;
  /** The sender's time, in milliseconds since the epoch. Compare the other times with it. */
  readonly now: number;
  readonly state: FlowStateName;
  /** Why the flow is in this state, when the state does not say it. */
  readonly reason?: ReasonCode;
  /** The provider's way that the flow takes now. */
  readonly way?: WayName;
  /** The way that `way.next` takes instead. */
  readonly otherWay?: WayName;
  /** The way that the flow left by itself, because it could not serve this user. Absent once the user chose another. */
  readonly leftWay?: WayName;
  /** `polling`: what the phone shows, where it shows anything. */
  readonly pushCode?: PushCodeView;
  /** The factor that the flow is working with. */
  readonly factor?: Factor;
  /** The id of the authenticator that was chosen or challenged. */
  readonly authenticatorId?: string;
  /** The factors that count for this flow. */
  readonly factors: readonly Factor[];
  /** The factors that this flow can add. */
  readonly enrollable: readonly EnrollableFactor[];
  /** The factor that this flow was started to add. Its end is never an approval. */
  readonly adds?: EnrollableFactor;
  /** The user's authenticators that count for this flow. */
  readonly authenticators: readonly Authenticator[];
  /** What the flow takes now. Some of it only after `resendAllowedAt` or `retryAllowedAt`. */
  readonly allowedEvents: readonly StepUpRequestType[];
  /** When what is on the screen expires. */
  readonly expiresAt?: number;
  /** When the provider is asked again: the next poll, or the next try after a transient failure. */
  readonly nextPollAt?: number;
  /** The earliest time for another message to the current device. */
  readonly resendAllowedAt?: number;
  /**
   * The earliest times for the next message, by the authenticator's id, and by the factor while one is being added.
   * Those that are not named can be chosen at once.
   */
  readonly messageAllowedAt?: Readonly<Record<string, number>>;
  /** The earliest time for another try, after too many. */
  readonly retryAllowedAt?: number;
  /** Another browser of the same user tried to send a push. The user should look twice before they approve. */
  readonly notice?: Notice;
  /** Another login of the user runs the flow, by a link: this one sees no secret, and can only wait or cancel. */
  readonly runsElsewhere?: true;
  readonly disclosure?: Disclosure;
}

/** Something that the user should know while the flow goes on. */
export type Notice = 'push_requested_elsewhere';

/** Builds the view of a flow. */
export function createView(options: {
  readonly state: FlowState;
  /** Called only when the state discloses something. */
  readonly openVault: () => Vault;
  readonly version: number;
  readonly now: number;
  readonly notice?: Notice | undefined;
}): FlowView {
  const { state, version, now, notice } = options;
  const { context } = state;
  const name = stateName(state);
  const allowedEvents = requestsTaken(state);
  return dropUndefined({
    version,
    now,
    state: name,
    reason: context.reason,
    way: currentWay(context).name,
    otherWay: otherWayName(context, allowedEvents),
    leftWay: context.leftWay,
    pushCode: name === 'polling' ? pushCodeOf(state) : undefined,
    factor: context.target?.factor,
    authenticatorId: context.target?.authenticatorId,
    factors: context.settings.factors,
    enrollable: enrollableFactors(context),
    adds: context.settings.adds?.factor,
    authenticators: usableAuthenticators(context),
    allowedEvents,
    expiresAt: expiry(state),
    nextPollAt: asksAgain(state) ? context.nextPollAt : undefined,
    resendAllowedAt:
      context.target && allowedEvents.includes('challenge.resend')
        ? context.resendAllowedAt[addressee(context.target)]
        : undefined,
    messageAllowedAt: allowedEvents.some((type) => CHOOSING.includes(type))
      ? messageAllowedAt(context)
      : undefined,
    retryAllowedAt: retryAllowedAt(name, context),
    notice,
    disclosure: disclosureOf(name, state, options.openVault),
  });
}

/** Whether two views show the same. If they do, they also have the same version. */
export function isSameView(one: FlowView, other: FlowView): boolean {
  return face(one) === face(other);
}

function face({ version: _version, now: _now, nextPollAt: _nextPollAt, ...rest }: FlowView): string {
  return JSON.stringify(rest);
}

/** The requests that choose who receives a message. */
const CHOOSING: readonly StepUpRequestType[] = ['factor.choose', 'enrollment.begin'];

function messageAllowedAt({ resendAllowedAt: times }: FlowContext): FlowView['messageAllowedAt'] {
  return Object.keys(times).length > 0 ? times : undefined;
}

/** A code must also wait until the budget of exchanges allows it. */
function retryAllowedAt(name: FlowStateName, context: FlowContext): number | undefined {
  const { waitUntil, budget } = context;
  const { exchangeLimit } = currentWay(context);
  if (name !== 'prompting' || exchangeLimit === undefined || budget.level >= 1) return waitUntil;
  return Math.max(waitUntil ?? 0, affordableAt(budget, exchangeLimit, 1));
}

function otherWayName(
  context: FlowContext,
  allowedEvents: readonly StepUpRequestType[],
): WayName | undefined {
  const other = allowedEvents.includes('way.next') ? otherWay(context) : undefined;
  return other === undefined ? undefined : context.settings.ways[other]?.name;
}

function pushCodeOf(state: FlowState): PushCodeView | undefined {
  const { context } = state;
  const entry = currentWay(context).pushCode;
  if (entry === undefined || context.shown === undefined) return undefined;
  return {
    entry,
    shown: context.shown,
    isAwaited: awaitsPushCode(context),
    isAnswered: isAnswered(state),
    triesLeft: PUSH_CODE_TRIES - context.codeTries,
  };
}

function disclosureOf(
  name: FlowStateName,
  { context }: FlowState,
  openVault: () => Vault,
): Disclosure | undefined {
  const { target } = context;
  const isScanning = target !== undefined && target.authenticatorId === undefined && isScanned(target.factor);
  let shown: Disclosure = {};
  if (name === 'confirming') shown = dropUndefined({ barcodeUri: openVault().barcodeUri });
  if (name === 'prompting' && isScanning) {
    const { barcodeUri, otpSecret } = openVault();
    shown = dropUndefined({ barcodeUri, otpSecret });
  }
  if (name === 'polling' && context.shown !== undefined && currentWay(context).pushCode === 'compared') {
    shown = dropUndefined({ pushCode: openVault().pushCode });
  }
  if (name === 'redirecting') {
    shown = dropUndefined({ authorizationUrl: openVault().departure?.authorizationUrl });
  }
  if (name === 'acknowledging') shown = dropUndefined({ recoveryCodes: openVault().recoveryCodes });
  return Object.keys(shown).length > 0 ? shown : undefined;
}

/** States never change, and most are shown more than once. */
const taken = new WeakMap<FlowState, readonly StepUpRequestType[]>();

/** The requests that the state takes, now or after a waiting time. */
function requestsTaken(state: FlowState): readonly StepUpRequestType[] {
  const known = taken.get(state);
  if (known !== undefined) return known;
  const snapshot = toSnapshot(state);
  const later = { at: Number.MAX_SAFE_INTEGER, jitterMs: 0 };
  const found = candidates(state)
    .filter((event) => snapshot.status === 'active' && snapshot.can({ ...event, ...later }))
    .map(({ type }) => type);
  taken.set(state, found);
  return found;
}

function candidates({ context }: FlowState): readonly RequestEvent[] {
  const [authenticator] = usableAuthenticators(context);
  const [factor] = enrollableFactors(context);
  return [
    { type: 'flow.start' },
    { type: 'password.submit' },
    { type: 'code.submit' },
    { type: 'codes.acknowledge' },
    { type: 'challenge.resend' },
    { type: 'way.next' },
    ...(authenticator ? [{ type: 'factor.choose', authenticatorId: authenticator.id } as const] : []),
    ...(factor ? [{ type: 'enrollment.begin', factor } as const] : []),
    { type: 'flow.retry' },
    { type: 'flow.cancel' },
  ];
}
