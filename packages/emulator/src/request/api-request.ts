import { invalidRequest } from '../lib/emulator-error.ts';
import type { Tenant } from '../state/tenant.ts';
import { defaultVisitor, type Visitor } from '../state/transaction.ts';

/** The members of a JSON or form body. */
export type Params = Readonly<Record<string, unknown>>;

/** One call of the tenant's API, its body parsed. */
export interface ApiRequest {
  readonly tenant: Tenant;
  readonly headers: Headers;
  readonly params: Params;
}

/**
 * Parses a body by what it is, not by its label: the vendor's guide sends JSON under the form content type that
 * curl adds. Broken JSON is a 400.
 */
export function parseBody(text: string, contentType: string): Params {
  const isJson = /\bjson\b/i.test(contentType) || text.trimStart().startsWith('{');
  if (!isJson) return Object.fromEntries(new URLSearchParams(text));
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Params;
  } catch {
    throw invalidRequest('The body is not valid JSON');
  }
  throw invalidRequest('The body must be a JSON object');
}

/** A string member, or nothing; 400 when it is something else. */
export function optionalText(params: Params, name: string): string | undefined {
  const value = Object.hasOwn(params, name) ? params[name] : undefined;
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw invalidRequest(`Invalid parameter: ${name} must be a string`);
  return value;
}

/** A string member; 400 when it is missing or something else. */
export function requiredText(params: Params, name: string): string {
  const value = optionalText(params, name);
  if (value === undefined) throw invalidRequest(`Missing required parameter: ${name}`);
  return value;
}

/** A list of strings; 400 when it is missing or something else. */
export function requiredList(params: Params, name: string): string[] {
  const value = Object.hasOwn(params, name) ? params[name] : undefined;
  if (value === undefined) throw invalidRequest(`Missing required parameter: ${name}`);
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw invalidRequest(`Invalid parameter: ${name} must be an array of strings`);
  }
  return value;
}

/** The bearer token of a request, if it has one. */
export function bearerToken(headers: Headers): string | undefined {
  return /^bearer +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1];
}

/** Who makes a request: the address that the client passed on, and the program that it is made with. */
export function visitorOf(headers: Headers): Visitor {
  return {
    ip: headers.get('auth0-forwarded-for') ?? defaultVisitor.ip,
    userAgent: headers.get('user-agent') ?? defaultVisitor.userAgent,
  };
}

/** Refuses a label that the dialect does not take. */
export function assertContentType(
  headers: Headers,
  expected: 'application/json' | 'application/x-www-form-urlencoded',
): void {
  const label = (headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (label !== expected) throw invalidRequest(`The content type must be ${expected}`);
}
