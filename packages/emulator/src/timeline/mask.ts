import { decodeJwt } from 'jose';
import { sha256Hex } from '../lib/digest.ts';

const secretNames =
  /pass|secret|token(_hint)?$|^(code|otp|key|request|request_uri|state)$|assertion|verifier|recovery_code|(oob|binding|user)_code$|^auth_req_id$|barcode|cookie|credential|private|ticket/i;

/** Secrets too long to be guessed: a part of their digest tells nothing about them. */
const longSecretNames =
  /^(mfa_token|access_token|refresh_token|id_token|id_token_hint|oob_code|code|state|auth_req_id|request_uri|code_verifier|client_assertion)$/i;

/** What looks like a token, whatever its name is. */
const tokenValue = /^(?:eyJ[\w-]+\.[\w-]*\.|Fe26\.2\*|v1\.[\w-]{20})/;

const longestText = 400;
const longestList = 50;
const deepest = 6;

/** In place of a secret. The same long secret has the same mark everywhere. */
function hide(name: string, value: unknown): string {
  const isLong = typeof value === 'string' && value.length >= 16;
  const isMarked = isLong && (longSecretNames.test(name) || tokenValue.test(value));
  return isMarked ? `[hidden ${sha256Hex(value).slice(0, 6)}]` : '[hidden]';
}

/** A copy of a JSON value without secrets, and short enough to be looked at. */
export function maskValue(value: unknown, name = '', depth = 0): unknown {
  if (value === null || value === undefined || typeof value === 'boolean') return value;
  if (secretNames.test(name)) return hide(name, value);
  if (typeof value === 'string') return tokenValue.test(value) ? hide(name, value) : shorten(value);
  if (typeof value !== 'object') return value;
  if (depth >= deepest) return '…';
  if (Array.isArray(value)) {
    return value.slice(0, longestList).map((item) => maskValue(item, name, depth + 1));
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, maskValue(member, key, depth + 1)]),
  );
}

/** The members without secrets. */
export function maskMembers(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return maskValue(members) as Record<string, unknown>;
}

/** A header without secrets. */
export function maskHeader(name: string, value: string): string {
  if (name === 'authorization') return `${value.split(' ')[0]} ${hide('access_token', value.split(' ')[1])}`;
  if (name === 'location') return maskUrl(value);
  if (name === 'set-cookie' || name === 'cookie') return value.replace(/=[^;]+/, '=[hidden]');
  return shorten(value);
}

/** A URL whose query and fragment hold no secrets. */
function maskUrl(text: string): string {
  const url = URL.parse(text, 'http://relative.invalid/');
  if (url === null) return '[hidden]';
  const masked = (params: string): string =>
    [...new URLSearchParams(params)]
      .map(([name, value]) => `${name}=${String(maskValue(value, name))}`)
      .join('&');
  const origin = url.origin === 'http://relative.invalid' ? '' : url.origin;
  const query = url.search === '' ? '' : `?${masked(url.search)}`;
  const fragment = url.hash === '' ? '' : `#${masked(url.hash.slice(1))}`;
  return `${origin}${url.pathname}${query}${fragment}`;
}

function shorten(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
}

/** The claims of the JWTs among the members: readable, while the tokens themselves are hidden. */
export function claimsIn(members: unknown): Record<string, unknown> | undefined {
  if (typeof members !== 'object' || members === null) return undefined;
  const claims = Object.entries(members).flatMap(([name, value]) => {
    if (typeof value !== 'string' || !value.startsWith('eyJ')) return [];
    try {
      return [[name, maskMembers(decodeJwt(value))]];
    } catch {
      return [];
    }
  });
  return claims.length === 0 ? undefined : Object.fromEntries(claims);
}
