import { isEmail, isPhoneNumber } from '../directory/user-options.ts';
import { EmulatorError, invalidRequest } from '../lib/emulator-error.ts';
import { startRecoveryCode } from '../mfa/enrollment.ts';
import { type ApiRequest, optionalText, type Params, requiredList } from '../request/api-request.ts';
import { authenticateClient } from '../request/client-authentication.ts';
import { toJsonResponse } from '../request/json-response.ts';
import { type Factor, fromChannel, toChannel } from '../settings/factor.ts';
import type { Tenant } from '../state/tenant.ts';
import type { Transaction } from '../state/transaction.ts';
import { isEnrolled, type User } from '../state/user.ts';
import { requireMfaCredential } from './mfa-credential.ts';
import { allowedFactors } from './mfa-required.ts';
import { type StartedEnrollment, startFactor } from './start-factor.ts';

/** `POST /mfa/associate`: starts the enrolment of an authenticator. */
export async function postAssociate(request: ApiRequest): Promise<Response> {
  const { tenant, params } = request;
  const transaction = await requireMfaCredential(request, { scope: 'enroll', accepts: 'any' });
  await authenticateOptionalClient(request);
  const factor = requestedFactor(params);
  assertMayEnroll(tenant, transaction, factor);
  const { user } = transaction.grant;
  const enrollment = startFactor(tenant, transaction, factor, requestedAddress(factor, params, user));
  const recoveryCode = startRecoveryCode(tenant, user);
  return toJsonResponse(200, {
    ...toAnswer(enrollment),
    ...(recoveryCode !== undefined && { recovery_codes: [recoveryCode] }),
  });
}

async function authenticateOptionalClient(request: ApiRequest): Promise<void> {
  const { params, tenant } = request;
  const hasCredentials = ['client_secret', 'client_assertion'].some((name) => Object.hasOwn(params, name));
  if (hasCredentials || tenant.settings.dialect.associateCredentials === 'required') {
    await authenticateClient(request);
  }
}

function requestedFactor(params: Params): Factor {
  const [type, ...others] = requiredList(params, 'authenticator_types');
  if (others.length > 0) throw invalidRequest('authenticator_types takes one type');
  if (type === 'otp') return 'otp';
  if (type !== 'oob') throw invalidRequest('authenticator_types must be ["oob"] or ["otp"]');
  const factor = fromChannel(requiredList(params, 'oob_channels')[0] ?? '');
  if (factor !== undefined) return factor;
  throw invalidRequest('oob_channels must be one of ["auth0"], ["sms"], ["voice"], ["email"]');
}

/** The first factor needs only the password. A further one needs a passed challenge or an access token. */
function assertMayEnroll(tenant: Tenant, { kind, grant, passed }: Transaction, factor: Factor): void {
  if (kind === 'login' && passed.length === 0 && isEnrolled(grant.user)) {
    throw new EmulatorError(403, 'access_denied', 'User is already enrolled.');
  }
  if (allowedFactors(tenant, 'enroll').includes(factor)) return;
  throw new EmulatorError(401, 'unsupported_challenge_type', 'This authenticator cannot be enrolled.');
}

/** The response to a started enrolment, which depends on the factor. */
function toAnswer({ authenticator, oobCode, barcodeUri }: StartedEnrollment): Record<string, unknown> {
  if (oobCode === undefined) {
    return { authenticator_type: 'otp', secret: authenticator.secret, barcode_uri: barcodeUri };
  }
  return {
    authenticator_type: 'oob',
    ...(barcodeUri === undefined && { binding_method: 'prompt' }),
    oob_channel: toChannel(authenticator.factor),
    oob_code: oobCode.code,
    ...(barcodeUri !== undefined && { barcode_uri: barcodeUri }),
  };
}

/** Where a message goes; nothing for the factors that send none. */
function requestedAddress(factor: Factor, params: Params, user: User): string | undefined {
  if (factor === 'email') return emailAddress(params, user);
  return factor === 'sms' || factor === 'voice' ? phoneNumber(params) : undefined;
}

function phoneNumber(params: Params): string {
  const number = optionalText(params, 'phone_number');
  if (number === undefined) throw invalidRequest('Missing required parameter: phone_number');
  if (!isPhoneNumber(number)) throw invalidRequest('The phone number is invalid.');
  return number;
}

function emailAddress(params: Params, user: User): string {
  const address = optionalText(params, 'email') ?? user.email;
  if (!isEmail(address)) throw invalidRequest('The email is invalid.');
  return address;
}
