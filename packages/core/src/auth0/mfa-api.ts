import { dropUndefined } from '../lib/drop-undefined.ts';
import { isRecord, numberMember, stringMember } from '../lib/json.ts';
import { unreadable } from '../oauth/refusal.ts';
import { LONGEST_WAIT_MS } from '../oauth/retry-after.ts';
import { parseTokens } from '../oauth/token-set.ts';
import type {
  Authenticator,
  Binding,
  Capabilities,
  EnrollingWay,
  Enrollment,
  Proof,
  Redemption,
} from '../provider/way.ts';
import {
  ENROLLABLE_FACTORS,
  type EnrollableFactor,
  type Factor,
  isFactor,
  isHosted,
  isOwnCode,
} from '../terms/factor.ts';
import { isStepUpError, StepUpError } from '../terms/step-up-error.ts';
import { type Auth0Options, createAuth0Client } from './client.ts';
import { AUTH0_EXCHANGE_LIMIT } from './exchange-limit.ts';
import { parseTransaction } from './wire.ts';
import { factorNamed, WIRE_FACTORS, WIRED_FACTORS } from './wire-factors.ts';

/** Options of {@link createAuth0MfaApi}. */
export interface Auth0MfaApiOptions extends Auth0Options {
  /**
   * Also sends the credential as a bearer header when an enrolment is confirmed, as the push guide does. Recorded
   * traffic leaves it out. Default `true`: no tenant is known to refuse it.
   */
  readonly confirmWithBearer?: boolean;
  /**
   * Also sends the client's credentials when an enrolment is started. One page of the reference requires them, all
   * samples leave them out. Default `false`.
   */
  readonly enrollWithCredentials?: boolean;
}

/** What Auth0's MFA API can do. */
export const MFA_API_CAPABILITIES: Capabilities = {
  firstLeg: 'mfa-token',
  factors: WIRED_FACTORS,
  enrolls: ENROLLABLE_FACTORS,
  listsDevices: true,
  phoneShows: 'nothing',
  exchangeLimit: AUTH0_EXCHANGE_LIMIT,
  needsBrowser: false,
};

/** The common prefix of the MFA API's grant types. */
const MFA_GRANT = 'http://auth0.com/oauth/grant-type/mfa-';

/**
 * Auth0's MFA API: `/mfa/associate`, `/mfa/challenge`, `/mfa/authenticators` and the `mfa-*` grants of `/oauth/token`.
 *
 * @example
 * const api = createAuth0MfaApi({ issuer: 'https://tenant.eu.auth0.com/', clientId: '…' });
 * const authenticators = await api.list({ mfaToken });
 */
export function createAuth0MfaApi(options: Auth0MfaApiOptions): EnrollingWay {
  const client = createAuth0Client(options);
  const { confirmWithBearer = true, enrollWithCredentials = false } = options;

  return {
    name: 'mfa-api',
    can: MFA_API_CAPABILITIES,

    async list({ mfaToken, signal }) {
      const { body } = await client.get('mfa/authenticators', { call: 'list', bearer: mfaToken, signal });
      if (!Array.isArray(body)) throw unreadable('mfa/authenticators');
      return body.map(parseAuthenticator).filter((one) => one !== undefined);
    },

    async enroll({ mfaToken, factor, phoneNumber, email, signal }) {
      const { type, channel } = WIRE_FACTORS[factor];
      const { body } = await client.postJson(
        'mfa/associate',
        {
          authenticator_types: [type],
          ...(channel !== undefined && { oob_channels: [channel] }),
          phone_number: phoneNumber,
          email,
        },
        { call: 'enroll', bearer: mfaToken, authenticateClient: enrollWithCredentials, signal },
      );
      return parseEnrollment(body, factor);
    },

    async challenge({ mfaToken, authenticatorId, factor, signal }) {
      if (isHosted(factor)) throw notHere();
      const { body } = await client.postJson(
        'mfa/challenge',
        {
          mfa_token: mfaToken,
          challenge_type: WIRE_FACTORS[factor].type,
          authenticator_id: authenticatorId,
        },
        { call: 'challenge', authenticateClient: true, signal },
      );
      const oobCode = stringMember(body, 'oob_code');
      if (oobCode === undefined && WIRE_FACTORS[factor].type === 'oob') throw unreadable('mfa/challenge');
      return dropUndefined({
        binding: bindingOf(body, oobCode),
        oobCode,
        expiresInMs: millisecondsOf(body, 'expires_in'),
        intervalMs: millisecondsOf(body, 'interval'),
      });
    },

    async redeem({ mfaToken, proof, enrolling, signal }) {
      try {
        const { body, retryAfterMs } = await client.postToken(
          { ...grantOf(proof), mfa_token: mfaToken },
          {
            call: isTyped(proof) ? 'verify' : 'poll',
            signal,
            bearer: enrolling === true && confirmWithBearer ? mfaToken : undefined,
            understands: ['authorization_pending', 'slow_down', 'mfa_required'],
          },
        );
        return parseRedemption(body, retryAfterMs);
      } catch (error) {
        if (isStepUpError(error, 'rejected')) return { status: 'rejected' };
        throw error;
      }
    },

    async remove({ accessToken, authenticatorId, signal }) {
      await client.delete(`mfa/authenticators/${encodeURIComponent(authenticatorId)}`, {
        call: 'remove',
        bearer: accessToken,
        signal,
      });
    },
  };
}

function isTyped(proof: Proof): boolean {
  return proof.type !== 'oob' || proof.bindingCode !== undefined;
}

function grantOf(proof: Proof): Record<string, string> {
  switch (proof.type) {
    case 'oob':
      return {
        grant_type: `${MFA_GRANT}oob`,
        oob_code: proof.oobCode,
        ...(proof.bindingCode !== undefined && { binding_code: proof.bindingCode }),
      };
    case 'otp':
      return { grant_type: `${MFA_GRANT}otp`, otp: proof.code };
    case 'recovery-code':
      return { grant_type: `${MFA_GRANT}recovery-code`, recovery_code: proof.code };
    case 'return':
      throw notHere();
  }
}

function notHere(): StepUpError {
  return new StepUpError('factor_unavailable', 'the MFA API has no page: use the way redirect');
}

/** Without a `binding_method` the user answers on the phone, and we poll for the answer. */
function bindingOf(body: unknown, oobCode: string | undefined): Binding {
  return oobCode === undefined || stringMember(body, 'binding_method') === 'prompt' ? 'prompt' : 'poll';
}

/** Converts seconds to milliseconds, at most a day. */
function millisecondsOf(body: unknown, name: string): number | undefined {
  const seconds = numberMember(body, name);
  return seconds && Math.min(LONGEST_WAIT_MS, seconds * 1_000);
}

function parseAuthenticator(row: unknown): Authenticator | undefined {
  const id = stringMember(row, 'id');
  if (!isRecord(row) || id === undefined) return undefined;
  const factor = factorOfRow(row, id);
  if (factor === undefined) return undefined;
  return dropUndefined({ id, factor, active: row.active === true, name: showableName(row) });
}

/** A device's name comes from the device: characters that reorder or hide what stands beside it are left out. */
function showableName(row: Readonly<Record<string, unknown>>): string | undefined {
  return stringMember(row, 'name')?.replace(/[\p{Bidi_Control}\p{Cc}]/gu, '') || undefined;
}

/** The channel has two names in the sources. Without either, the id's prefix tells. */
function factorOfRow(row: Readonly<Record<string, unknown>>, id: string): Factor | undefined {
  const type = stringMember(row, 'authenticator_type') ?? '';
  if (isFactor(type) && isOwnCode(type)) return type;
  const channels = row.oob_channels;
  const channel =
    stringMember(row, 'oob_channel') ??
    stringMember(row, 'oob_channels') ??
    (Array.isArray(channels) ? (channels as unknown[])[0] : undefined) ??
    id.split('|')[0];
  return typeof channel === 'string' ? factorNamed(channel) : undefined;
}

function parseEnrollment(body: unknown, factor: EnrollableFactor): Enrollment {
  const oobCode = stringMember(body, 'oob_code');
  const barcodeUri = stringMember(body, 'barcode_uri');
  const secret = stringMember(body, 'secret');
  const isUsable = (WIRE_FACTORS[factor].type === 'oob' ? oobCode : secret) !== undefined;
  if (!isUsable || (factor === 'push' && barcodeUri === undefined)) throw unreadable('mfa/associate');
  const codes = isRecord(body) ? body.recovery_codes : undefined;
  const recoveryCodes = Array.isArray(codes)
    ? codes.filter((code: unknown): code is string => typeof code === 'string')
    : [];
  return dropUndefined({
    factor,
    binding: bindingOf(body, oobCode),
    oobCode,
    barcodeUri,
    secret,
    recoveryCodes: recoveryCodes.length > 0 ? recoveryCodes : undefined,
  });
}

function parseRedemption(body: unknown, retryAfterMs: number | undefined): Redemption {
  switch (stringMember(body, 'error')) {
    case 'authorization_pending':
      return { status: 'pending' };
    case 'slow_down':
      return dropUndefined({ status: 'slow_down', retryAfterMs });
    case 'mfa_required':
      return { status: 'mfa_required', ...parseTransaction(body) };
    default:
      return dropUndefined({
        status: 'approved',
        tokens: parseTokens(body),
        recoveryCode: stringMember(body, 'recovery_code'),
      });
  }
}
