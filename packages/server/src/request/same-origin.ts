import { StepUpError } from '@stepgate/core';
import { type HostRequest, originOf } from './host-request.ts';

/**
 * Whether the request comes from this very site, as far as the browser tells: `same-origin`, `other`, or `unknown`
 * for a client that sends neither `Sec-Fetch-Site` nor `Origin` (no current browser does that with a POST from
 * another site).
 */
export function siteOf(request: HostRequest<unknown>): 'same-origin' | 'other' | 'unknown' {
  const site = request.header('sec-fetch-site');
  // "none" means the user did it: typed an address, or used a bookmark.
  if (site !== undefined) return site === 'same-origin' || site === 'none' ? 'same-origin' : 'other';
  const origin = request.header('origin');
  if (origin === undefined) return 'unknown';
  return origin === originOf(request) ? 'same-origin' : 'other';
}

/** @throws StepUpError `invalid_request` (400) for a request whose Host header names no host. */
export function assertNamesHost(request: HostRequest<unknown>): void {
  if (URL.canParse(originOf(request))) return;
  throw new StepUpError('invalid_request', 'The Host header names no host. Send one.');
}

/** Whether it is exactly an http or https origin, as browsers write it. */
export function isOrigin(text: unknown): boolean {
  return (
    typeof text === 'string' &&
    /^https?:\/\/[\w.:[\]-]+$/.test(text) &&
    URL.canParse(text) &&
    new URL(text).origin === text
  );
}

/**
 * A path on this origin to which a browser can be sent back, or `undefined`. No scheme, host or escape gets through.
 */
export function safePath(path: string | undefined, origin: string): string | undefined {
  if (path === undefined || !path.startsWith('/') || /[\\\s\p{Cc}]/u.test(path)) return undefined;
  if (!URL.canParse(path, origin)) return undefined;
  const { origin: found, pathname, search, hash } = new URL(path, origin);
  // Without its dots, "/.//host" is another host's address.
  if (found !== new URL(origin).origin || pathname.startsWith('//')) return undefined;
  return pathname + search + hash;
}
