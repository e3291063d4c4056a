import type { ResponseHeaders } from './transport.ts';

/** What a response says about the provider's limits. No secrets. */
export interface ResponseReport<Call extends string> {
  readonly call: Call;
  readonly status: number;
  /** The size of the limit, and what is left of it. It may be the provider's, this user's or this sign-in's. */
  readonly rateLimit?: { readonly limit: number; readonly remaining: number };
}

/** Reads `x-ratelimit-limit` and `x-ratelimit-remaining`. */
export function reportOf<Call extends string>(
  call: Call,
  status: number,
  headers: ResponseHeaders,
): ResponseReport<Call> {
  const limit = count(headers.get('x-ratelimit-limit'));
  const remaining = count(headers.get('x-ratelimit-remaining'));
  if (limit === undefined || remaining === undefined) return { call, status };
  return { call, status, rateLimit: { limit, remaining } };
}

function count(header: string | null): number | undefined {
  return header !== null && /^\d{1,9}$/.test(header) ? Number(header) : undefined;
}
