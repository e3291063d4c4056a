import { EmulatorError } from '../lib/emulator-error.ts';

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/** A URL that a browser may be sent to: one of the list, or, without a list, one on this machine. */
export function assertReturnUrl(
  url: string,
  allowed: readonly string[] | undefined,
  refusal: { readonly status: number; readonly code: string; readonly what: string },
): void {
  if (allowed === undefined ? isLoopback(url) : allowed.includes(url)) return;
  const where = allowed === undefined ? 'on this machine' : "in the client's list";
  throw new EmulatorError(
    refusal.status,
    refusal.code,
    `${refusal.what} mismatch: ${url} is not a URL ${where}`,
  );
}

/** A page that answers may be posted to: one of the list of origins, or, without a list, one on this machine. */
export function assertWebOrigin(url: string, allowed: readonly string[] | undefined): void {
  const { origin } = new URL(url);
  if (allowed === undefined || allowed.some((each) => new URL(each).origin === origin)) return;
  throw new EmulatorError(
    403,
    'unauthorized_client',
    `Web origin mismatch: ${origin} is not in the client's list`,
  );
}

function isLoopback(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && loopbackNames.includes(url.hostname);
}

/** The URL with more members in its query; those without a value are left out. */
export function withQuery(url: string, members: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(members).filter((entry): entry is [string, string] => entry[1] !== undefined);
  if (given.length === 0) return url;
  const result = new URL(url);
  for (const [name, value] of given) result.searchParams.set(name, value);
  return result.href;
}

/** The URL with members in its fragment (RFC 6749, section 4.2.2). */
export function withFragment(url: string, members: Readonly<Record<string, string>>): string {
  const result = new URL(url);
  result.hash = String(new URLSearchParams(members));
  return result.href;
}
