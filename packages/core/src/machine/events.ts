import type { Authentication } from '../provider/authentication.ts';
import type { Authenticator, Binding, FactorRequirements, PhoneShown } from '../provider/way.ts';
import {
  type EmailFactor,
  ENROLLABLE_FACTORS,
  type EnrollableFactor,
  isEnrollable,
  isScanned,
  type PhoneFactor,
  type ScannedFactor,
  takesPhoneNumber,
} from '../terms/factor.ts';
import type { ReasonCode } from '../terms/reason-codes.ts';
import { StepUpError } from '../terms/step-up-error.ts';
import type { Vault } from './vault.ts';

/**
 * What a user can ask of a flow. A browser can send nothing else. The view's `allowedEvents` names what the flow takes
 * now.
 */
export type StepUpRequest =
  | { readonly type: 'flow.start' }
  | { readonly type: 'password.submit'; readonly password: string }
  | {
      readonly type: 'factor.choose';
      readonly authenticatorId: string;
      /** Where the user sees the provider's page, if they go there; default `page`. */
      readonly display?: Display;
    }
  | {
      readonly type: 'enrollment.begin';
      readonly factor: ScannedFactor;
      readonly phoneNumber?: never;
      readonly email?: never;
    }
  | {
      readonly type: 'enrollment.begin';
      readonly factor: PhoneFactor;
      /** E.164. */
      readonly phoneNumber: string;
      readonly email?: never;
    }
  | {
      readonly type: 'enrollment.begin';
      readonly factor: EmailFactor;
      readonly phoneNumber?: never;
      /** Default: the address in the user's profile. */
      readonly email?: string;
    }
  | { readonly type: 'code.submit'; readonly code: string }
  | { readonly type: 'challenge.resend' }
  /** Another way to the proof; see the view's `way`. */
  | { readonly type: 'way.next' }
  | { readonly type: 'codes.acknowledge' }
  | { readonly type: 'flow.retry' }
  | { readonly type: 'flow.cancel' };

/** Where the user sees the provider's page: in a new window, or instead of the app's page. */
export type Display = 'popup' | 'page';

/** The type of a {@link StepUpRequest}. */
export type StepUpRequestType = StepUpRequest['type'];

/** What a user typed or a client sent. It is never stored: it lives beside the machine, as long as its effect. */
export interface Inputs {
  readonly password?: string;
  readonly code?: string;
  /** The code of a return from the provider's page. */
  readonly returnedCode?: string;
  /** From an `mfa_required` that the client received itself. */
  readonly mfaToken?: string;
}

/** A request, split into what the machine may see and what it may not. */
export interface SplitRequest {
  readonly event: RequestEvent;
  readonly inputs: Inputs;
  /** For the vault: what an enrolment needs, possibly after the password was entered. */
  readonly secrets?: Vault;
}

/** Time and randomness, which reach the machine only through events: milliseconds since the epoch, and 0 to 999 ms. */
export interface Stamp {
  readonly at: number;
  readonly jitterMs: number;
}

/** How a flow's first leg can be done. `access-token` uses the token for the MFA API that the flow was started with. */
export type FirstLegMethod =
  | 'access-token'
  | 'mfa-token'
  | 'refresh-token'
  | 'password'
  | 'custom'
  /** The way has no first leg: the subject is enough. */
  | 'none';

/** A request without what the user typed. */
export type RequestEvent =
  | { readonly type: Exclude<StepUpRequestType, 'code.submit' | 'factor.choose' | 'enrollment.begin'> }
  /** `isPushCode`: whether it is the push code; `judgeCode` compares them outside the machine. */
  | { readonly type: 'code.submit'; readonly isPushCode?: boolean }
  | { readonly type: 'factor.choose'; readonly authenticatorId: string; readonly display?: Display }
  | { readonly type: 'enrollment.begin'; readonly factor: EnrollableFactor };

/** The first legs that call the provider. */
export type SignInMethod = Exclude<FirstLegMethod, 'access-token'>;

/** The result of an effect, as the machine sees it. */
export type Fact =
  | {
      readonly type: 'mfa.required';
      readonly requirements?: FactorRequirements;
    }
  | { readonly type: 'authenticators.listed'; readonly authenticators: readonly Authenticator[] }
  | {
      readonly type: 'enrollment.started';
      readonly binding: Binding;
      readonly hasRecoveryCodes: boolean;
    }
  | {
      readonly type: 'challenge.sent';
      readonly binding: Binding;
      readonly expiresInMs?: number;
      readonly intervalMs?: number;
      readonly shown?: PhoneShown;
    }
  | { readonly type: 'poll.pending' }
  | { readonly type: 'poll.slowed'; readonly retryAfterMs?: number }
  | { readonly type: 'poll.rejected' }
  | { readonly type: 'tokens.received'; readonly hasRecoveryCodes: boolean }
  | { readonly type: 'identity.verified'; readonly authentication?: Authentication }
  /** The user is back from the provider's page, with a code. The number is that of the challenge. */
  | { readonly type: 'redirect.returned' }
  /** The user is back without one. */
  | { readonly type: 'redirect.refused'; readonly code: ReasonCode }
  | { readonly type: 'effect.failed'; readonly code: ReasonCode; readonly retryAfterMs?: number };

/**
 * Everything the machine reacts to. A fact carries the number of its effect. `push.freed`: the push of another flow,
 * which this flow was refused for, does not wait for an answer any more. `ping.received`: the provider says that the user
 * has answered the current challenge.
 */
export type FlowEvent =
  | (RequestEvent & Stamp)
  | (Fact & Stamp & { readonly seq: number })
  | ({ readonly type: 'time.passed' | 'push.freed' | 'ping.received' } & Stamp);

/** Takes what the user typed out of a request, so that the machine never sees it. */
export function splitRequest(request: StepUpRequest): SplitRequest {
  switch (request.type) {
    case 'password.submit':
      return { event: { type: request.type }, inputs: { password: request.password } };
    case 'code.submit':
      return { event: { type: request.type }, inputs: { code: request.code } };
    case 'factor.choose': {
      const { type, authenticatorId, display } = request;
      return { event: { type, authenticatorId, ...(display && { display }) }, inputs: {} };
    }
    case 'enrollment.begin': {
      const { type, factor, phoneNumber, email } = request;
      return { event: { type, factor }, inputs: {}, secrets: { phoneNumber, email } };
    }
    default:
      return { event: { type: request.type }, inputs: {} };
  }
}

const LONGEST_INPUT = 1_024;

/**
 * Reads a request from untrusted JSON: a closed list of types, each with its own members.
 *
 * @throws StepUpError `event_unknown` (400) for any other type, facts included; `invalid_request` (400) with the name
 *   of the member that is wrong.
 */
export function parseRequest(value: unknown): StepUpRequest {
  if (typeof value !== 'object' || value === null)
    throw unknownEvent('an event must be an object with a "type"');
  const members = value as Readonly<Record<string, unknown>>;
  const { type } = members;
  switch (type) {
    case 'flow.start':
    case 'challenge.resend':
    case 'way.next':
    case 'codes.acknowledge':
    case 'flow.retry':
    case 'flow.cancel':
      return { type };
    case 'password.submit':
      return { type, password: text(members, 'password') };
    case 'code.submit':
      // People paste codes like "123 456": drop spaces and dashes.
      return { type, code: checked('code', text(members, 'code').replace(/[\s-]/g, '')) };
    case 'factor.choose':
      return { type, authenticatorId: text(members, 'authenticatorId'), ...display(members) };
    case 'enrollment.begin':
      return parseEnrollmentBegin(type, members);
    default:
      throw unknownEvent('clients cannot send an event of this type');
  }
}

function text(members: Readonly<Record<string, unknown>>, name: string): string {
  return checked(name, members[name]);
}

function display({ display: value }: Readonly<Record<string, unknown>>): { readonly display?: Display } {
  if (value === undefined) return {};
  if (value === 'popup' || value === 'page') return { display: value };
  throw invalidMember('"display" must be popup or page');
}

function checked(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '' || value.length > LONGEST_INPUT) {
    throw invalidMember(`"${name}" must be a string of 1 to ${LONGEST_INPUT} characters`);
  }
  return value;
}

function parseEnrollmentBegin(
  type: 'enrollment.begin',
  members: Readonly<Record<string, unknown>>,
): StepUpRequest {
  const factor = enrollable(members.factor);
  if (isScanned(factor)) return { type, factor };
  if (takesPhoneNumber(factor)) return { type, factor, phoneNumber: phoneNumber(members) };
  return { type, factor, ...(members.email !== undefined && { email: email(members) }) };
}

/** E.164: the country code comes first, and never begins with 0. */
function phoneNumber(members: Readonly<Record<string, unknown>>): string {
  const { phoneNumber: value } = members;
  if (typeof value === 'string' && /^\+[1-9]\d{7,14}$/.test(value)) return value;
  throw invalidMember('"phoneNumber" must be + and 8 to 15 digits, country code first (E.164)');
}

/** Checks the shape only. Whether the address exists, the provider's message shows. RFC 5321, section 4.5.3.1.3. */
function email(members: Readonly<Record<string, unknown>>): string {
  const { email: value } = members;
  if (typeof value === 'string' && value.length <= 254 && /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(value)) {
    return value;
  }
  throw invalidMember('"email" must be an address like name@example.com');
}

function enrollable(value: unknown): EnrollableFactor {
  if (!isEnrollable(value)) {
    throw invalidMember(`"factor" must be one of ${ENROLLABLE_FACTORS.join(', ')}`);
  }
  return value;
}

function invalidMember(message: string): StepUpError {
  return new StepUpError('invalid_request', message);
}

function unknownEvent(message: string): StepUpError {
  return new StepUpError('event_unknown', message);
}
