import { EmulatorError, invalidGrant, invalidRequest } from '../lib/emulator-error.ts';
import {
  type ApiRequest,
  assertContentType,
  optionalText,
  type Params,
  requiredText,
} from '../request/api-request.ts';
import { assertGrantAllowed, authenticateClient } from '../request/client-authentication.ts';
import { toJsonResponse } from '../request/json-response.ts';
import { type Factor, factors, toChannel } from '../settings/factor.ts';
import type { Authenticator } from '../state/authenticator.ts';
import type { OobCode } from '../state/oob-code.ts';
import type { Tenant } from '../state/tenant.ts';
import type { Transaction } from '../state/transaction.ts';
import { activeAuthenticators } from '../state/user.ts';
import { requireTransaction } from './mfa-credential.ts';
import { allowedFactors } from './mfa-required.ts';
import { sendChallenge } from './start-factor.ts';

/** `POST /mfa/challenge`: sends a push or a message, or says that a one-time password will do. */
export async function postChallenge(request: ApiRequest): Promise<Response> {
  const { tenant, headers, params } = request;
  if (tenant.settings.dialect.challengeContentType === 'json') assertContentType(headers, 'application/json');
  const client = await authenticateClient(request);
  const transaction = await requireTransaction(request, client);
  if (transaction.kind !== 'login') throw invalidGrant('Malformed mfa_token');
  const types = requestedTypes(tenant, params);
  const authenticator = chooseAuthenticator(tenant, transaction, params, types);
  assertGrantAllowed(
    client,
    `http://auth0.com/oauth/grant-type/mfa-${challengeTypeOf(authenticator.factor)}`,
  );
  return toJsonResponse(200, toAnswer(sendChallenge(tenant, transaction, authenticator)));
}

type ChallengeType = 'oob' | 'otp';

function challengeTypeOf(factor: Factor): ChallengeType {
  return factor === 'otp' ? 'otp' : 'oob';
}

function requestedTypes(tenant: Tenant, params: Params): readonly string[] {
  if (tenant.settings.dialect.challengeType === 'optional') {
    return (optionalText(params, 'challenge_type') ?? 'oob otp').split(' ').filter((type) => type !== '');
  }
  const type = requiredText(params, 'challenge_type');
  if (type === 'oob' || type === 'otp') return [type];
  throw invalidRequest('challenge_type must be oob or otp');
}

function chooseAuthenticator(
  tenant: Tenant,
  { grant }: Transaction,
  params: Params,
  types: readonly string[],
): Authenticator {
  const active = activeAuthenticators(grant.user).filter(({ factor }) => factor !== 'recovery-code');
  if (active.length === 0) throw associationRequired(tenant);
  const candidates = named(active, optionalText(params, 'authenticator_id'));
  const channel = requestedChannel(tenant, params, types);
  const allowed = allowedFactors(tenant, 'challenge');
  const fitting = candidates.filter(
    ({ factor }) =>
      allowed.includes(factor) &&
      types.includes(challengeTypeOf(factor)) &&
      (channel === undefined || factor === 'otp' || toChannel(factor) === channel),
  );
  const chosen = fitting.sort((a, b) => factors.indexOf(a.factor) - factors.indexOf(b.factor))[0];
  if (chosen === undefined) throw unsupportedChallengeType();
  return chosen;
}

function named(active: Authenticator[], id: string | undefined): Authenticator[] {
  if (id === undefined) return active;
  const authenticator = active.find((candidate) => candidate.id === id);
  if (authenticator !== undefined) return [authenticator];
  throw new EmulatorError(400, 'invalid_authenticator', 'The authenticator is unknown or not active.');
}

function requestedChannel(tenant: Tenant, params: Params, types: readonly string[]): string | undefined {
  const channel = optionalText(params, 'oob_channel');
  if (
    channel === undefined &&
    tenant.settings.dialect.challengeChannel === 'required' &&
    types.includes('oob')
  ) {
    throw invalidRequest('Missing required parameter: oob_channel');
  }
  return channel;
}

/** Clients poll for a push, the user types the code of a message, and a one-time password needs no challenge. */
function toAnswer(oobCode: OobCode | undefined): Record<string, unknown> {
  if (oobCode === undefined) return { challenge_type: 'otp' };
  return {
    challenge_type: 'oob',
    oob_code: oobCode.code,
    ...(oobCode.bindingCode !== undefined && { binding_method: 'prompt' }),
  };
}

function associationRequired(tenant: Tenant): EmulatorError {
  const { notEnrolled } = tenant.settings.dialect;
  return notEnrolled === 'association_required'
    ? new EmulatorError(
        403,
        notEnrolled,
        'User does not have any confirmed authenticators. Enroll one at /mfa/associate, or confirm a started enrollment at /oauth/token.',
      )
    : new EmulatorError(
        401,
        notEnrolled,
        'User is not enrolled. You can use /mfa/associate endpoint to enroll the first authenticator.',
      );
}

function unsupportedChallengeType(): EmulatorError {
  return new EmulatorError(
    401,
    'unsupported_challenge_type',
    'Currently there is no supported challenge available',
  );
}
