import { dropUndefined } from '../lib/drop-undefined.ts';
import type { Effect } from '../machine/effects.ts';
import type { Fact, Inputs, SignInMethod } from '../machine/events.ts';
import type { Vault } from '../machine/vault.ts';
import { type Authentication, authenticationIn } from '../provider/authentication.ts';
import type { Destination } from '../provider/departure.ts';
import type { ApprovalRequest, MfaTransaction, Proof, Redemption, TokenSet, Way } from '../provider/way.ts';
import { type Factor, isHosted, isOwnCode, takesPhoneNumber } from '../terms/factor.ts';
import { isReasonCode, type ReasonCode } from '../terms/reason-codes.ts';
import { isStepUpError, StepUpError } from '../terms/step-up-error.ts';

/** What running an effect needs. */
export interface EffectPorts {
  readonly way: Way;
  readonly vault: Vault;
  readonly inputs: Inputs;
  readonly signal: AbortSignal;
  /** Does the first leg, except `access-token`, whose token is in the vault. Throws `login_required` if it cannot. */
  authenticate(method: SignInMethod, inputs: Inputs, signal: AbortSignal): Promise<MfaTransaction>;
  /** What the flow is for, for ways whose phone shows it. */
  readonly approval: Omit<ApprovalRequest, 'code'>;
  /** Where the provider's page sends the user back to, for ways that need a browser. */
  readonly destination?: Destination | undefined;
  /** Makes a push code. */
  createPushCode(): string;
  /** Makes what the provider's ping must bear. Absent where no ping can be received. */
  readonly createNotificationToken?: () => string;
  /**
   * Checks whose approval the tokens are. Throws `subject_mismatch` or `identity_refused`. Gives what they say of how the
   * user authenticated, if that is to be told.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: an app's own check may have nothing to tell.
  identify(tokens: TokenSet, signal: AbortSignal): Promise<Authentication | void>;
  /**
   * Called with what an operator must look at: bugs in the app's own functions, and errors about the provider's
   * set-up, its responses, or whose approval it was.
   */
  onError(error: unknown): void;
}

/** The codes that an operator must look at. */
const FAULTS: readonly ReasonCode[] = [
  'approval_mismatch',
  'authentication_stale',
  'identity_refused',
  'mfa_not_required',
  'provider_error',
  'provider_misconfigured',
  'provider_unavailable',
  'subject_mismatch',
];

/** Whether an operator must look at what ended with this code. */
export function isFault(code: ReasonCode): boolean {
  return FAULTS.includes(code);
}

/** A way that lists no devices says so, too, of a subject that is not the provider's. */
const UNKNOWN_USER: readonly ReasonCode[] = ['not_enrolled', 'factor_unavailable'];

/** The fact that answers an effect, and the secrets that came with it. */
export interface EffectResult {
  readonly fact: Fact;
  readonly secrets?: Vault;
}

/** Runs one effect, with at most one request. Never throws: a failure is a fact too. */
export async function runEffect(effect: Effect, ports: EffectPorts): Promise<EffectResult> {
  try {
    return await perform(effect, ports);
  } catch (error) {
    const code = isStepUpError(error) ? error.code : undefined;
    if (code === undefined || !isReasonCode(code)) {
      ports.onError(error);
      return { fact: { type: 'effect.failed', code: 'provider_error' } };
    }
    // An aborted request looks like a provider that is down, but is not worth a report.
    const isReported = isFault(code) || (UNKNOWN_USER.includes(code) && !ports.way.can.listsDevices);
    if (isReported && !ports.signal.aborted) ports.onError(error);
    const { retryAfterMs } = error as StepUpError;
    return { fact: dropUndefined({ type: 'effect.failed', code, retryAfterMs }) };
  }
}

async function perform(effect: Effect, ports: EffectPorts): Promise<EffectResult> {
  const { way, vault, inputs, signal } = ports;
  switch (effect.type) {
    case 'authenticate': {
      const { method } = effect.params;
      // The flow was started with this token, and uses it until it expires.
      if (method === 'access-token') return transactionResult({ mfaToken: secret(vault.mfaToken) });
      return transactionResult(await ports.authenticate(method, inputs, signal));
    }
    case 'list': {
      const authenticators = await way.list({ mfaToken: secret(vault.mfaToken), signal });
      return { fact: { type: 'authenticators.listed', authenticators } };
    }
    case 'enroll': {
      const { factor } = effect.params;
      const { phoneNumber, email } = vault;
      if (takesPhoneNumber(factor) && phoneNumber === undefined) {
        throw new StepUpError('input_lost', 'the phone number was lost before it was used: type it again');
      }
      if (way.enroll === undefined) {
        throw new StepUpError('factor_unavailable', `${way.name}: this way adds no factors`);
      }
      const enrollment = await way.enroll(
        dropUndefined({ mfaToken: secret(vault.mfaToken), factor, phoneNumber, email, signal }),
      );
      const { binding, oobCode, barcodeUri, secret: otpSecret, recoveryCodes } = enrollment;
      return {
        fact: { type: 'enrollment.started', binding, hasRecoveryCodes: recoveryCodes !== undefined },
        secrets: {
          oobCode,
          barcodeUri,
          otpSecret,
          phoneNumber: undefined,
          email: undefined,
          // A second enrolment brings no codes: those of the first stay until the user has seen them.
          ...(recoveryCodes && { recoveryCodes }),
        },
      };
    }
    case 'challenge': {
      const { authenticatorId, factor } = effect.params;
      const code = way.can.phoneShows === 'nothing' ? undefined : ports.createPushCode();
      const { oobCode, departure, ...sent } = await way.challenge({
        mfaToken: secret(vault.mfaToken),
        authenticatorId,
        factor,
        subject: ports.approval.subject,
        destination: ports.destination,
        approval: code === undefined ? undefined : { ...ports.approval, code },
        ...(way.can.pings === true && { notificationToken: ports.createNotificationToken?.() }),
        signal,
      });
      const pushCode = sent.shown === undefined ? undefined : code;
      // An answer to the challenge before this one is worth nothing any more.
      return {
        fact: { type: 'challenge.sent', ...sent },
        secrets: { oobCode, pushCode, departure, times: undefined, tokens: undefined },
      };
    }
    case 'poll': {
      const proof: Proof = { type: 'oob', oobCode: secret(vault.oobCode) };
      return redemptionResult(await redeem(ports, proof, effect.params));
    }
    case 'verify': {
      const { factor } = effect.params;
      const proof = isHosted(factor) ? returnedProof(ports) : typedProof(factor, ports);
      return redemptionResult(answered(await redeem(ports, proof, effect.params)));
    }
    case 'identify': {
      const authentication = authenticationIn(await ports.identify(secret(vault.tokens), signal));
      return { fact: dropUndefined({ type: 'identity.verified', authentication }) };
    }
  }
}

function redeem(
  { way, vault, signal, approval }: EffectPorts,
  proof: Proof,
  { enrolling, expiresAt }: { readonly enrolling: boolean; readonly expiresAt?: number },
): Promise<Redemption> {
  return way.redeem({
    mfaToken: secret(vault.mfaToken),
    proof,
    enrolling,
    expiresAt,
    approval: vault.pushCode === undefined ? undefined : { ...approval, code: vault.pushCode },
    signal,
  });
}

function typedProof(factor: Factor, { vault, inputs }: EffectPorts): Proof {
  if (inputs.code === undefined)
    throw new StepUpError('input_lost', 'the code was lost before it was used: type it again');
  if (isOwnCode(factor)) return { type: factor, code: inputs.code };
  return { type: 'oob', oobCode: secret(vault.oobCode), bindingCode: inputs.code };
}

/** A code of the provider's page is kept nowhere: it has one try, in the request that has brought it. */
function returnedProof({ vault, inputs }: EffectPorts): Proof {
  return { type: 'return', code: secret(inputs.returnedCode), departure: secret(vault.departure) };
}

/** A typed code is right or wrong at once. So what would mean "wait" or "rejected" for a push is a refusal here. */
function answered(redemption: Redemption): Redemption {
  switch (redemption.status) {
    case 'pending':
    case 'rejected':
      throw new StepUpError('code_refused', 'the provider refused the code: type another one');
    case 'slow_down':
      throw new StepUpError(
        'rate_limited',
        'the provider wants to be asked less often',
        dropUndefined({ retryAfterMs: redemption.retryAfterMs }),
      );
    default:
      return redemption;
  }
}

/** An empty slot means that its secret was lost. Nothing is guessed. */
function secret<T>(slot: T | undefined): T {
  if (slot === undefined) throw new StepUpError('result_lost', 'a secret of this flow was lost: do it again');
  return slot;
}

function transactionResult({ mfaToken, requirements }: MfaTransaction): EffectResult {
  return {
    fact: dropUndefined({ type: 'mfa.required', requirements }),
    secrets: {
      mfaToken,
      oobCode: undefined,
      pushCode: undefined,
      barcodeUri: undefined,
      otpSecret: undefined,
    },
  };
}

function redemptionResult(redemption: Redemption): EffectResult {
  switch (redemption.status) {
    case 'pending':
      return { fact: { type: 'poll.pending' } };
    case 'slow_down':
      return { fact: dropUndefined({ type: 'poll.slowed', retryAfterMs: redemption.retryAfterMs }) };
    case 'rejected':
      return { fact: { type: 'poll.rejected' } };
    case 'mfa_required':
      return transactionResult(redemption);
    case 'approved': {
      const { tokens, recoveryCode, times } = redemption;
      return {
        fact: { type: 'tokens.received', hasRecoveryCodes: recoveryCode !== undefined },
        secrets: {
          tokens,
          times,
          oobCode: undefined,
          barcodeUri: undefined,
          otpSecret: undefined,
          ...(recoveryCode !== undefined && { recoveryCodes: [recoveryCode] }),
        },
      };
    }
  }
}
