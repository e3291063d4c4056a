import { type ClientOptions, isPublicClient } from '../../directory/client.ts';
import { EmulatorError } from '../../lib/emulator-error.ts';
import { parseScopes } from '../../lib/scopes.ts';
import { type ApiRequest, optionalText } from '../../request/api-request.ts';
import { grantScopes, managementAudience, resolveAudience, scopesOf } from '../../request/audience.ts';
import { accessTokenLifetimeMs, signMachineToken } from '../../tokens/access-token.ts';

/** The `client_credentials` grant (RFC 6749 section 4.4): a token for the client itself, with every scope or fewer. */
export async function exchangeClientCredentials(
  { tenant, params }: ApiRequest,
  client: ClientOptions,
): Promise<Record<string, unknown>> {
  if (isPublicClient(client)) {
    throw new EmulatorError(403, 'unauthorized_client', 'Public clients have no credentials to exchange');
  }
  const audience = resolveAudience(tenant, optionalText(params, 'audience'));
  if (audience === tenant.mfaAudience()) {
    throw new EmulatorError(403, 'access_denied', `Client is not authorized to access "${audience}"`);
  }
  const asked = parseScopes(optionalText(params, 'scope'));
  const all = audience === managementAudience(tenant) ? managementScopes : scopesOf(tenant, audience);
  const scopes = asked.length === 0 ? all : grantScopes(tenant, audience, asked);
  return {
    access_token: await signMachineToken(tenant, { clientId: client.clientId, audience, scopes }),
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    expires_in: Math.ceil(accessTokenLifetimeMs(tenant, audience) / 1000),
    token_type: 'Bearer',
  };
}

/** The scopes of those parts of the Management API that the emulator has. */
const managementScopes: readonly string[] = [
  'read:users',
  'create:users',
  'update:users',
  'delete:users',
  'read:authentication_methods',
  'create:authentication_methods',
  'delete:authentication_methods',
  'create:guardian_enrollment_tickets',
  'read:guardian_enrollments',
  'delete:guardian_enrollments',
  'read:guardian_factors',
  'update:guardian_factors',
  'read:mfa_policies',
  'update:mfa_policies',
  'read:logs',
  'read:log_streams',
  'create:log_streams',
  'delete:log_streams',
];
