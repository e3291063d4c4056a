import { EmulatorError } from '../lib/emulator-error.ts';
import { type EventFacts, recordEvent } from '../logs/record-event.ts';
import { type LimitState, type Limits, toLimitHeaders } from '../settings/limits.ts';
import type { Tenant } from '../state/tenant.ts';

/** Uses one unit of a limit; none when it is switched off. */
export function takeUnit(tenant: Tenant, name: keyof Limits, key: string): LimitState | undefined {
  const limit = tenant.settings.limits[name];
  return limit === 'off' ? undefined : tenant.limits.take(name, key, limit);
}

/** What the log calls a limit that is used up. */
const limitEvents = {
  wrongPasswords: 'limit_wc',
  wrongCodes: 'gd_otp_rate_limit_exceed',
  wrongRecoveryCodes: 'gd_recovery_rate_limit_exceed',
} as const;

/** Refuses when a user's limit is used up, without using any of it; `facts` go into the log. */
export function assertWithinLimit(
  tenant: Tenant,
  name: keyof typeof limitEvents,
  key: string,
  facts: EventFacts,
): void {
  const limit = tenant.settings.limits[name];
  if (limit === 'off') return;
  const state = tenant.limits.peek(name, key, limit);
  if (!state.isExceeded) return;
  recordEvent(tenant, limitEvents[name], facts);
  throw limitExceeded(tenant, name, state);
}

/** Uses one unit of a user's limit, or refuses. */
export function enforceLimit(tenant: Tenant, name: keyof Limits, key: string): void {
  const state = takeUnit(tenant, name, key);
  if (state?.isExceeded) throw limitExceeded(tenant, name, state);
}

/** The headers of an answer to a limited request, `retry-after` among them where the dialect has it. */
export function limitHeaders(tenant: Tenant, state: LimitState): Record<string, string> {
  const headers = toLimitHeaders(state);
  if (!state.isExceeded || tenant.settings.dialect.retryAfter === 'absent') return headers;
  const seconds = Math.ceil((state.resetAt - tenant.clock.now()) / 1000);
  return { ...headers, 'retry-after': String(Math.max(1, seconds)) };
}

/**
 * Handles a request within the tenant's own limit. Its headers go with every response that has no headers of a narrower
 * limit.
 */
export async function withinTenantLimit(tenant: Tenant, answer: () => Promise<Response>): Promise<Response> {
  const state = takeUnit(tenant, 'authenticationApi', '');
  if (state === undefined) return answer();
  if (state.isExceeded) {
    recordEvent(tenant, 'api_limit', { description: 'Global limit has been reached' });
    throw new EmulatorError(429, 'too_many_requests', 'Global limit has been reached', {
      headers: limitHeaders(tenant, state),
    });
  }
  const response = await answer();
  const isNarrower = response.headers.has('x-ratelimit-limit');
  for (const [name, value] of Object.entries(isNarrower ? {} : limitHeaders(tenant, state))) {
    response.headers.set(name, value);
  }
  return response;
}

const tooManyTexts: Readonly<Partial<Record<keyof Limits, string>>> = {
  phoneMessages: 'Too many SMS sent by the user. Wait for some minutes before retrying.',
  emails: 'Too many emails sent by the user. Wait for some minutes before retrying.',
  wrongCodes: 'Too many failed codes. Wait for some minutes before retrying.',
  wrongRecoveryCodes: 'Too many failed codes. Wait for some minutes before retrying.',
  wrongPasswords: 'Your account has been blocked after multiple consecutive login attempts.',
};

function limitExceeded(tenant: Tenant, name: keyof Limits, state: LimitState): EmulatorError {
  const text = tooManyTexts[name] ?? 'Too many requests. Wait before retrying.';
  const isCiba = name === 'bcAuthorize' || name === 'cibaPushes';
  if (tenant.settings.dialect.userLimit === 'invalid_request' && !isCiba) {
    return new EmulatorError(400, 'invalid_request', text);
  }
  const code = name.startsWith('wrong') ? 'too_many_attempts' : 'too_many_requests';
  return new EmulatorError(429, code, text, { headers: limitHeaders(tenant, state) });
}
