import { dropUndefined } from '../lib/drop-undefined.ts';
import type { Authenticator } from '../provider/mfa-api.ts';
import { type EnrollableFactor, type Factor, isScanned } from '../terms/factor.ts';
import type { ReasonCode } from '../terms/reason-codes.ts';
import { addressee, enrollableFactors, type FlowContext, usableAuthenticators } from './context.ts';
import type { RequestEvent, StepUpRequestType } from './events.ts';
import { asksAgain, expiry, type FlowState, type FlowStateName, stateName, toSnapshot } from './flow.ts';
import { affordableAt } from './poll-schedule.ts';
import type { Vault } from './vault.ts';

/** The few secrets that the user must see in this very state, and only in it. */
export interface Disclosure {
  /** `confirming`, and `prompting` while a one-time password is added: the `otpauth:` link for the QR code. */
  readonly barcodeUri?: string;
  /** `prompting` while a one-time password is added: its secret, for typing it into an app by hand. */
  readonly otpSecret?: string;
  /** `acknowledging`: shown once. */
  readonly recoveryCodes?: readonly string[];
}

/** What a UI may see of a flow: everything it needs, and no secret outside `disclosure`. */
export interface FlowView {
  /** Names the flow where a server runs it: random, no secret, and the same in all that follow it. */
  readonly flowId?: string;
  /** Grows with every change of the view; `now` and `nextPollAt` do not count as one. */
  readonly version: number;
  /** The time at the sender, in milliseconds since the epoch, to compare the other times with. */
  readonly now: number;
  readonly state: FlowStateName;
  /** Why the flow is here, when that is not plain. */
  readonly reason?: ReasonCode;
  /** The factor that the flow is busy with. */
  readonly factor?: Factor;
  /** The id of the authenticator that was chosen or challenged. */
  readonly authenticatorId?: string;
  /** The factors that count for this flow. */
  readonly factors: readonly Factor[];
  /** The factors that this flow can add. */
  readonly enrollable: readonly EnrollableFactor[];
  /** The factor that the flow is there to add: its end is no approval. */
  readonly adds?: EnrollableFactor;
  /** The user's authenticators that count for this flow. */
  readonly authenticators: readonly Authenticator[];
  /** What can be asked of the flow now (some of it only from `resendAllowedAt` or `retryAllowedAt` on). */
  readonly allowedEvents: readonly StepUpRequestType[];
  /** When what is on the screen runs out. */
  readonly expiresAt?: number;
  /** When the provider is next asked: the next poll, or another try after a passing failure. */
  readonly nextPollAt?: number;
  /** The earliest time for another message to the device that the flow is busy with. */
  readonly resendAllowedAt?: number;
  /**
   * The earliest times for messages to devices that have had one: by the authenticator's id, and by the factor where
   * one is being added. Those that are not named can be chosen at once.
   */
  readonly messageAllowedAt?: Readonly<Record<string, number>>;
  /** The earliest time for another try, after too many. */
  readonly retryAllowedAt?: number;
  /** Another browser of the same user wanted to send a push meanwhile: worth a second look before approving. */
  readonly notice?: Notice;
  readonly disclosure?: Disclosure;
}

/** Something that the user should know while the flow goes on. */
export type Notice = 'push_requested_elsewhere';

/** Builds the view of a flow. */
export function createView(options: {
  readonly state: FlowState;
  /** Asked for only where the state discloses something. */
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

/** Whether two views show the user the same: the versions of a view differ when they do not. */
export function isSameView(one: FlowView, other: FlowView): boolean {
  return face(one) === face(other);
}

function face({ version: _version, now: _now, nextPollAt: _nextPollAt, ...rest }: FlowView): string {
  return JSON.stringify(rest);
}

/** The requests that choose whom a message goes to. */
const CHOOSING: readonly StepUpRequestType[] = ['factor.choose', 'enrollment.begin'];

function messageAllowedAt({ resendAllowedAt: times }: FlowContext): FlowView['messageAllowedAt'] {
  return Object.keys(times).length > 0 ? times : undefined;
}

/** A code also waits for a free exchange: the provider counts them. */
function retryAllowedAt(
  name: FlowStateName,
  { waitUntil, budget, settings }: FlowContext,
): number | undefined {
  if (name !== 'prompting' || budget.level >= 1) return waitUntil;
  return Math.max(waitUntil ?? 0, affordableAt(budget, settings.exchangeLimit, 1));
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
  if (name === 'acknowledging') shown = dropUndefined({ recoveryCodes: openVault().recoveryCodes });
  return Object.keys(shown).length > 0 ? shown : undefined;
}

/** The requests that the state takes, now or once its waiting times are over. */
function requestsTaken(state: FlowState): readonly StepUpRequestType[] {
  const snapshot = toSnapshot(state);
  const later = { at: Number.MAX_SAFE_INTEGER, jitterMs: 0 };
  return candidates(state)
    .filter((event) => snapshot.status === 'active' && snapshot.can({ ...event, ...later }))
    .map(({ type }) => type);
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
    ...(authenticator ? [{ type: 'factor.choose', authenticatorId: authenticator.id } as const] : []),
    ...(factor ? [{ type: 'enrollment.begin', factor } as const] : []),
    { type: 'flow.retry' },
    { type: 'flow.cancel' },
  ];
}
