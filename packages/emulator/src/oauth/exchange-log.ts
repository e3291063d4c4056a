import { decodeJwt } from 'jose';
import type { EmulatorError } from '../lib/emulator-error.ts';
import type { EventType } from '../logs/event-types.ts';
import { type EventFacts, factsOf, recordEvent } from '../logs/record-event.ts';
import { type ApiRequest, type Params, visitorOf } from '../request/api-request.ts';
import { findUser, type Tenant } from '../state/tenant.ts';

/** What the log calls the exchange of a grant, good or bad. */
export interface ExchangeEvents {
  readonly succeeded: EventType;
  readonly failed: EventType;
}

/** Errors that belong to an ordinary exchange. They are not failures in the log. */
const ordinary = ['mfa_required', 'authorization_pending', 'slow_down'];

/** Logs that tokens were issued. */
export function recordExchange(
  { tenant, headers }: ApiRequest,
  { succeeded }: ExchangeEvents,
  { clientId, answer }: { readonly clientId: string; readonly answer: Readonly<Record<string, unknown>> },
): void {
  const { sub, scope, aud } = decodeJwt(String(answer.access_token));
  recordEvent(tenant, succeeded, {
    user: findUser(tenant, sub),
    clientId,
    audience: Array.isArray(aud) ? aud[0] : aud,
    scopes: typeof scope === 'string' ? [scope] : [],
    visitor: visitorOf(headers),
  });
}

/** Logs that an exchange was refused. */
export function recordRefusal(
  { tenant, headers, params }: ApiRequest,
  { failed }: ExchangeEvents,
  { clientId, error }: { readonly clientId: string; readonly error: EmulatorError },
): void {
  if (ordinary.includes(error.code)) return;
  const facts = { ...knownOf(tenant, params), clientId, visitor: visitorOf(headers) };
  recordEvent(tenant, failed, { ...facts, description: error.message });
}

/** Whose tokens a request asks for, as far as its parameters tell. */
function knownOf(tenant: Tenant, params: Params): EventFacts {
  const { mfa_token: mfaToken, auth_req_id: authReqId, username } = params;
  const named =
    typeof mfaToken === 'string'
      ? tenant.transactions.get(mfaToken)
      : typeof authReqId === 'string'
        ? tenant.cibaRequests.get(authReqId)
        : undefined;
  if (named !== undefined) return factsOf(named.grant);
  return typeof username === 'string' ? { user: tenant.users.get(username), username } : {};
}
