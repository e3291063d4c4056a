import type { Auth0Call } from './errors.ts';

/** What a response says about the tenant's limits. No secrets. */
export interface TenantReport {
  readonly call: Auth0Call;
  readonly status: number;
  /** The size of the limit, and what is left of it. It may be the tenant's, this user's or this sign-in's. */
  readonly rateLimit?: { readonly limit: number; readonly remaining: number };
}

/** Reads `x-ratelimit-limit` and `x-ratelimit-remaining`. */
export function reportOf(call: Auth0Call, status: number, headers: Headers): TenantReport {
  const limit = count(headers.get('x-ratelimit-limit'));
  const remaining = count(headers.get('x-ratelimit-remaining'));
  if (limit === undefined || remaining === undefined) return { call, status };
  return { call, status, rateLimit: { limit, remaining } };
}

function count(header: string | null): number | undefined {
  return header !== null && /^\d{1,9}$/.test(header) ? Number(header) : undefined;
}
