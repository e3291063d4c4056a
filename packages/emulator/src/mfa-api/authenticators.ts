import { EmulatorError, invalidRequest } from '../lib/emulator-error.ts';
import { removeEnrollment } from '../mfa/enrollment.ts';
import type { ApiRequest } from '../request/api-request.ts';
import { toJsonResponse } from '../request/json-response.ts';
import { toChannel, toRequirementType } from '../settings/factor.ts';
import { type Authenticator, toDisplayName } from '../state/authenticator.ts';
import type { Tenant } from '../state/tenant.ts';
import { requireMfaCredential } from './mfa-credential.ts';

/** `GET /mfa/authenticators`: confirmed ones and started ones. */
export async function getAuthenticators(request: ApiRequest): Promise<Response> {
  const { tenant } = request;
  const { grant } = await requireMfaCredential(request, {
    scope: 'read:authenticators',
    accepts: tenant.settings.dialect.listCredential,
  });
  return toJsonResponse(
    200,
    grant.user.authenticators.map((authenticator) => toRow(tenant, authenticator)),
  );
}

/** `DELETE /mfa/authenticators/{id}`: removes the authenticator and what was enrolled along with it. */
export async function deleteAuthenticator(request: ApiRequest, id: string): Promise<Response> {
  const { tenant } = request;
  const { grant } = await requireMfaCredential(request, {
    scope: 'remove:authenticators',
    accepts: tenant.settings.dialect.removeCredential,
  });
  const authenticator = grant.user.authenticators.find((candidate) => candidate.id === id);
  if (authenticator === undefined) {
    throw new EmulatorError(404, 'not_found', 'The authenticator does not exist.');
  }
  if (authenticator.isImplicit || authenticator.factor === 'recovery-code') {
    throw invalidRequest('This authenticator cannot be removed.');
  }
  removeEnrollment(tenant, grant.user, authenticator.enrollment);
  return new Response(null, { status: 204 });
}

/** SDKs filter by `type` where `mfa_requirements` came; a recording of 2024, without them, has none. */
function hasType({ settings }: Tenant): boolean {
  const { authenticatorType } = settings.dialect;
  if (authenticatorType === 'with_requirements') return settings.mfaRequirements !== undefined;
  return authenticatorType === 'always';
}

/** An authenticator as the list shows it; names and channels only where it has them. */
export function toRow(tenant: Tenant, authenticator: Authenticator): Record<string, unknown> {
  const { id, factor, isConfirmed } = authenticator;
  const channel = toChannel(factor);
  const name = toDisplayName(authenticator);
  return {
    id,
    ...(hasType(tenant) && { type: toRequirementType(factor) }),
    authenticator_type: channel === undefined ? factor : 'oob',
    active: isConfirmed,
    ...(channel !== undefined && { [tenant.settings.dialect.channelMember]: channel }),
    ...(name !== undefined && { name }),
  };
}
