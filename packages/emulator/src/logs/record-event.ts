import { toRequirementType } from '../settings/factor.ts';
import type { Authenticator } from '../state/authenticator.ts';
import { type Tenant, tenantName } from '../state/tenant.ts';
import { defaultVisitor, type Grant, type Visitor } from '../state/transaction.ts';
import type { User } from '../state/user.ts';
import { type EventType, eventNames } from './event-types.ts';

/** What is known of an event besides its type. */
export interface EventFacts {
  readonly user?: User | undefined;
  readonly clientId?: string | undefined;
  readonly audience?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly visitor?: Visitor | undefined;
  /** Why something failed. Default: the name of the type. */
  readonly description?: string | undefined;
  /** A name that no user has. */
  readonly username?: string | undefined;
  /** The second factor that it is about. */
  readonly authenticator?: Authenticator | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

/** Writes an event into the tenant's log, and to its streams. No secret goes in. */
export function recordEvent(tenant: Tenant, type: EventType, facts: EventFacts): void {
  const { user, clientId, audience, scopes, visitor = defaultVisitor } = facts;
  const clientName = clientId === undefined ? undefined : tenant.clients.get(clientId)?.name;
  const userName = user?.username ?? facts.username;
  const details = detailsOf(type, facts);
  tenant.events.add({
    date: new Date(tenant.clock.now()).toISOString(),
    type,
    description: facts.description ?? nameOf(type),
    ...(clientId !== undefined && clientId !== '' && { client_id: clientId, client_name: clientName ?? '' }),
    ...(user !== undefined && connectionOf(user)),
    ...(user !== undefined && { user_id: user.sub }),
    ...(userName !== undefined && { user_name: userName }),
    ip: visitor.ip,
    user_agent: visitor.userAgent,
    hostname: new URL(tenant.issuer()).host,
    tenant_name: tenantName(tenant),
    isMobile: /Mobi|Android/.test(visitor.userAgent),
    ...(audience !== undefined && audience !== '' && { audience }),
    ...(scopes !== undefined && scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(details !== undefined && { details }),
  });
}

/** The facts of an event that belongs to a grant. */
export function factsOf({ user, clientId, audience, scopes, visitor }: Grant): EventFacts {
  return { user, clientId, audience, scopes, visitor };
}

function nameOf(type: EventType): string {
  return type.startsWith('gd_') ? `Guardian - ${eventNames[type]}` : eventNames[type];
}

function connectionOf({ connection }: User): Record<string, string> {
  return connection === undefined
    ? { connection: 'Username-Password-Authentication', strategy: 'auth0', strategy_type: 'database' }
    : { connection, strategy: connection, strategy_type: 'social' };
}

/** Guardian's events name the user and the factor. */
function detailsOf(
  type: EventType,
  { user, authenticator, details }: EventFacts,
): Readonly<Record<string, unknown>> | undefined {
  if (!type.startsWith('gd_') || user === undefined) return details;
  return {
    request: { auth: { user: { user_id: user.sub, name: user.name, email: user.email } } },
    ...(authenticator !== undefined && {
      authenticator: { id: authenticator.id, type: toRequirementType(authenticator.factor) },
    }),
    ...details,
  };
}
