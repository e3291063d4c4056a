import type { Hono } from 'hono';
import { EmulatorError } from '../lib/emulator-error.ts';
import { parseScopes } from '../lib/scopes.ts';
import { bearerToken } from '../request/api-request.ts';
import { managementAudience } from '../request/audience.ts';
import type { Tenant } from '../state/tenant.ts';
import { verifyAccessToken } from '../tokens/access-token.ts';

/** What the routes get with a management request. */
export interface ManagementBindings {
  readonly tenant: Tenant;
  /** Host names of this machine, besides its own. */
  readonly controlHosts: readonly string[];
  readonly body: string;
}

/** The routes of the Management API. */
export type ManagementApp = Hono<{ Bindings: ManagementBindings }>;

/** Refuses a request whose token lacks the scope: 401 or 403. */
export async function assertScope(tenant: Tenant, request: Request, scope: string): Promise<void> {
  const token = bearerToken(request.headers);
  if (token === undefined) throw new EmulatorError(401, 'missing_token', 'Missing authentication');
  const payload = await verifyAccessToken(tenant, token, managementAudience(tenant)).catch(() => {
    throw new EmulatorError(401, 'invalid_token', 'Invalid token');
  });
  if (parseScopes(payload.scope).includes(scope)) return;
  throw new EmulatorError(403, 'insufficient_scope', `Insufficient scope, expected any of: ${scope}`);
}
