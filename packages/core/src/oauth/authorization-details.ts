import { isRecord, parseJson } from '../lib/json.ts';

/** One object of `authorization_details` (RFC 9396). */
export type AuthorizationDetail = Readonly<Record<string, unknown>> & { readonly type: string };

/** Reads `authorization_details` from a token response: an array, which some providers send as JSON text. */
export function parseAuthorizationDetails(value: unknown): readonly unknown[] | undefined {
  const list = typeof value === 'string' ? parseJson(value) : value;
  return Array.isArray(list) ? (list as unknown[]) : undefined;
}

/**
 * Whether every detail that was asked for was approved. The order of members does not matter, and a provider may add
 * members. Everything else must be equal.
 */
export function approvesDetails(
  asked: readonly AuthorizationDetail[],
  approved: readonly unknown[] | undefined,
): boolean {
  return asked.every((detail) => approved?.some((one) => covers(one, detail)) ?? false);
}

function covers(approved: unknown, asked: unknown): boolean {
  if (Array.isArray(asked)) {
    return (
      Array.isArray(approved) &&
      approved.length === asked.length &&
      asked.every((one, index) => covers(approved[index], one))
    );
  }
  if (isRecord(asked)) {
    return (
      isRecord(approved) &&
      Object.keys(asked).every((name) => Object.hasOwn(approved, name) && covers(approved[name], asked[name]))
    );
  }
  return approved === asked;
}
