import { dropUndefined } from '../lib/drop-undefined.ts';
import type { Effect } from '../machine/effects.ts';
import type { Fact, Inputs, SignInMethod } from '../machine/events.ts';
import type { Vault } from '../machine/vault.ts';
import type { MfaApi, MfaTransaction, Proof, Redemption, TokenSet } from '../provider/mfa-api.ts';
import { type Factor, isOwnCode, takesPhoneNumber } from '../terms/factor.ts';
import { isReasonCode, type ReasonCode } from '../terms/reason-codes.ts';
import { isStepUpError, StepUpError } from '../terms/step-up-error.ts';

/** What an effect needs of the world. */
export interface EffectPorts {
  readonly api: MfaApi;
  readonly vault: Vault;
  readonly inputs: Inputs;
  readonly signal: AbortSignal;
  /** Does the first leg, unless it is the `access-token` in the vault. Fails with `login_required` when this way cannot be gone. */
  authenticate(method: SignInMethod, inputs: Inputs, signal: AbortSignal): Promise<MfaTransaction>;
  /** Checks whose approval the tokens are. Fails with `subject_mismatch` or `identity_refused`. */
  identify(tokens: TokenSet, signal: AbortSignal): Promise<void>;
  /**
   * Hears of what an operator must look at: bugs in the app's own functions, and errors with one of the codes that say
   * so of the provider's set-up, its answers, or whose approval it is.
   */
  onFault(error: unknown): void;
}

/** What no user can help. */
const FAULTS: readonly ReasonCode[] = [
  'identity_refused',
  'mfa_not_required',
  'provider_error',
  'provider_misconfigured',
  'provider_unavailable',
  'subject_mismatch',
];

/** The fact that answers an effect, and the secrets that came with it. */
export interface EffectResult {
  readonly fact: Fact;
  readonly secrets?: Vault;
}

/** Runs one effect: at most one request. Never throws; a failure is a fact too. */
export async function runEffect(effect: Effect, ports: EffectPorts): Promise<EffectResult> {
  try {
    return await perform(effect, ports);
  } catch (error) {
    const code = isStepUpError(error) ? error.code : undefined;
    if (code === undefined || !isReasonCode(code)) {
      ports.onFault(error);
      return { fact: { type: 'effect.failed', code: 'provider_error' } };
    }
    // What was broken off because nobody wants it any more fails as if the provider were away.
    if (FAULTS.includes(code) && !ports.signal.aborted) ports.onFault(error);
    const { retryAfterMs } = error as StepUpError;
    return { fact: dropUndefined({ type: 'effect.failed', code, retryAfterMs }) };
  }
}

async function perform(effect: Effect, ports: EffectPorts): Promise<EffectResult> {
  const { api, vault, inputs, signal } = ports;
  switch (effect.type) {
    case 'authenticate': {
      const { method } = effect.params;
      // Given to the flow when it was made, and of use until it runs out.
      if (method === 'access-token') return transactionResult({ mfaToken: secret(vault.mfaToken) });
      return transactionResult(await ports.authenticate(method, inputs, signal));
    }
    case 'list': {
      const authenticators = await api.list({ mfaToken: secret(vault.mfaToken), signal });
      return { fact: { type: 'authenticators.listed', authenticators } };
    }
    case 'enroll': {
      const { factor } = effect.params;
      const { phoneNumber, email } = vault;
      if (takesPhoneNumber(factor) && phoneNumber === undefined) {
        throw new StepUpError('input_lost', 'the phone number was lost before it was used');
      }
      const enrollment = await api.enroll(
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
          // A second enrolment brings none: those of the first stay until the user has seen them.
          ...(recoveryCodes && { recoveryCodes }),
        },
      };
    }
    case 'challenge': {
      const { authenticatorId, factor } = effect.params;
      const { oobCode, ...times } = await api.challenge({
        mfaToken: secret(vault.mfaToken),
        authenticatorId,
        factor,
        signal,
      });
      return { fact: { type: 'challenge.sent', ...times }, secrets: { oobCode } };
    }
    case 'poll': {
      const proof: Proof = { type: 'oob', oobCode: secret(vault.oobCode) };
      return redemptionResult(await redeem(ports, proof, effect.params.enrolling));
    }
    case 'verify': {
      const proof = typedProof(effect.params.factor, ports);
      return redemptionResult(answered(await redeem(ports, proof, effect.params.enrolling)));
    }
    case 'identify': {
      await ports.identify(secret(vault.tokens), signal);
      return { fact: { type: 'identity.verified' } };
    }
  }
}

function redeem({ api, vault, signal }: EffectPorts, proof: Proof, enrolling: boolean): Promise<Redemption> {
  return api.redeem({ mfaToken: secret(vault.mfaToken), proof, enrolling, signal });
}

function typedProof(factor: Factor, { vault, inputs }: EffectPorts): Proof {
  if (inputs.code === undefined) throw new StepUpError('input_lost', 'the code was lost before it was used');
  if (isOwnCode(factor)) return { type: factor, code: inputs.code };
  return { type: 'oob', oobCode: secret(vault.oobCode), bindingCode: inputs.code };
}

/** A typed code is right or wrong at once: what answers a phone's silence or refusal, answers a code too. */
function answered(redemption: Redemption): Redemption {
  switch (redemption.status) {
    case 'pending':
    case 'rejected':
      throw new StepUpError('code_refused', 'the provider did not take the code');
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

/** An empty slot means that its secret was lost: nothing is guessed at. */
function secret<T>(slot: T | undefined): T {
  if (slot === undefined) throw new StepUpError('result_lost', 'a secret of this flow is gone');
  return slot;
}

function transactionResult({ mfaToken, requirements }: MfaTransaction): EffectResult {
  return {
    fact: dropUndefined({ type: 'mfa.required', requirements }),
    secrets: { mfaToken, oobCode: undefined, barcodeUri: undefined, otpSecret: undefined },
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
      const { tokens, recoveryCode } = redemption;
      return {
        fact: { type: 'tokens.received', hasRecoveryCodes: recoveryCode !== undefined },
        secrets: {
          tokens,
          oobCode: undefined,
          barcodeUri: undefined,
          otpSecret: undefined,
          ...(recoveryCode !== undefined && { recoveryCodes: [recoveryCode] }),
        },
      };
    }
  }
}
