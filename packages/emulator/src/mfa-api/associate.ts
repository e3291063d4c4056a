import { isEmail, isPhoneNumber } from '../directory/user-options.ts';
import { EmulatorError, invalidRequest } from '../lib/emulator-error.ts';
import { randomId } from '../lib/random.ts';
import { toTotpUri } from '../lib/totp.ts';
import { openOobCode, sendMessage } from '../mfa/delivery.ts';
import { startEnrollment, startRecoveryCode } from '../mfa/enrollment.ts';
import { type ApiRequest, optionalText, type Params, requiredList } from '../request/api-request.ts';
import { authenticateClient } from '../request/client-authentication.ts';
import { enforceLimit } from '../request/enforce-limit.ts';
import { toJsonResponse } from '../request/json-response.ts';
import { type Factor, fromChannel, toChannel } from '../settings/factor.ts';
import { announce, type Tenant } from '../state/tenant.ts';
import type { Transaction } from '../state/transaction.ts';
import { isEnrolled, type User } from '../state/user.ts';
import { requireMfaCredential } from './mfa-credential.ts';
import { allowedFactors } from './mfa-required.ts';

/** `POST /mfa/associate`: starts the enrolment of an authenticator. */
export async function postAssociate(request: ApiRequest): Promise<Response> {
  const { tenant, params } = request;
  const transaction = await requireMfaCredential(request, { scope: 'enroll', accepts: 'any' });
  await authenticateOptionalClient(request);
  const factor = requestedFactor(params);
  assertMayEnroll(tenant, transaction, factor);
  const { user } = transaction.grant;
  const body = factor === 'otp' || factor === 'push' ? startByQrCode : startByMessage;
  const enrollment = body(tenant, transaction, factor, params);
  const recoveryCode = startRecoveryCode(tenant, user);
  announce(tenant);
  return toJsonResponse(200, {
    ...enrollment,
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

/** A first factor needs no more than the password; every further one a passed challenge, or an access token. */
function assertMayEnroll(tenant: Tenant, { kind, grant, passed }: Transaction, factor: Factor): void {
  if (kind === 'login' && passed.length === 0 && isEnrolled(grant.user)) {
    throw new EmulatorError(403, 'access_denied', 'User is already enrolled.');
  }
  if (allowedFactors(tenant, 'enroll').includes(factor)) return;
  throw new EmulatorError(401, 'unsupported_challenge_type', 'This authenticator cannot be enrolled.');
}

function startByQrCode(tenant: Tenant, transaction: Transaction, factor: Factor): Record<string, unknown> {
  const { user, clientId } = transaction.grant;
  const authenticators = startEnrollment(tenant, user, { factor, startedWith: transaction.mfaToken });
  const [authenticator] = authenticators;
  const createdAt = tenant.clock.now();
  const expiresAt = createdAt + tenant.settings.lifetimes.enrollmentMs;
  if (authenticator.secret !== undefined) {
    const barcodeUri = toTotpUri(authenticator.secret, tenantName(tenant), user.email);
    tenant.waitingCodes.push({ barcodeUri, user, clientId, authenticators, createdAt, expiresAt });
    return { authenticator_type: 'otp', secret: authenticator.secret, barcode_uri: barcodeUri };
  }
  const oobCode = openOobCode(tenant, transaction, authenticator, 'enrollment');
  const barcodeUri = pushBarcodeUri(tenant, user);
  tenant.waitingCodes.push({ barcodeUri, user, clientId, authenticators, oobCode, createdAt, expiresAt });
  return {
    authenticator_type: 'oob',
    oob_channel: 'auth0',
    oob_code: oobCode.code,
    barcode_uri: barcodeUri,
  };
}

function startByMessage(
  tenant: Tenant,
  transaction: Transaction,
  factor: Factor,
  params: Params,
): Record<string, unknown> {
  const { user } = transaction.grant;
  const address = factor === 'email' ? emailAddress(params, user) : phoneNumber(params);
  enforceLimit(tenant, factor === 'email' ? 'emails' : 'phoneMessages', user.sub);
  const [authenticator] = startEnrollment(tenant, user, {
    factor,
    address,
    startedWith: transaction.mfaToken,
  });
  const oobCode = openOobCode(tenant, transaction, authenticator, 'enrollment');
  sendMessage(tenant, oobCode);
  return {
    authenticator_type: 'oob',
    binding_method: 'prompt',
    oob_channel: toChannel(factor),
    oob_code: oobCode.code,
  };
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

/** The two parameters that recorded links have; the app asks `base_url` for everything else. */
function pushBarcodeUri(tenant: Tenant, user: User): string {
  const label = `${encodeURIComponent(tenantName(tenant))}:${encodeURIComponent(user.email)}`;
  const query = new URLSearchParams({
    enrollment_tx_id: randomId(tenant.randomBytes, 24),
    base_url: tenant.issuer().replace(/\/$/, ''),
  });
  return `otpauth://totp/${label}?${query}`;
}

/** The first label of the issuer's name, as Auth0 names a tenant; an address has none. */
function tenantName(tenant: Tenant): string {
  const { hostname } = new URL(tenant.issuer());
  return /^[a-z]/i.test(hostname) ? (hostname.split('.')[0] ?? hostname) : 'emulator';
}
