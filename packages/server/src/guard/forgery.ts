import { StepUpError } from '@stepgate/core';
import type { AllowedOrigins } from '../request/allowed-origins.ts';
import { HANDLE_HEADER } from '../request/handle-cookie.ts';
import { type HostRequest, originOf } from '../request/host-request.ts';
import { siteOf } from '../request/same-origin.ts';

/** Methods that change nothing (RFC 9110, section 9.2.1). */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/**
 * Whether a page of another origin may have made the browser send this request with the user's cookies. Such a forged
 * request would run the handler on an approval that the user gave for something else. A request with a bearer token
 * or a handle in a header is safe: a script that CORS admits sent it, or a client that is not a browser.
 */
export function mayBeForged(request: HostRequest, origins: AllowedOrigins): boolean {
  if (SAFE.has(request.method) || siteOf(request) !== 'other') return false;
  // Without Sec-Fetch-Site, a browser under `Referrer-Policy: no-referrer` tells no more than this.
  const isSilent = request.header('sec-fetch-site') === undefined && request.header('origin') === 'null';
  return !isSilent && !origins.include(request) && !showsToken(request);
}

function showsToken(request: HostRequest): boolean {
  const isBearer = /^bearer /i.test(request.header('authorization') ?? '');
  return isBearer || request.header(HANDLE_HEADER) !== undefined;
}

/** The error for it. */
export function forged(request: HostRequest): StepUpError {
  const origin = request.header('origin') ?? 'another site';
  return new StepUpError(
    'cross_site_request',
    `A page of another origin (${origin}) has sent this request to ${originOf(request)}. If that page is yours, list its origin in allowedOrigins. If the app has protection of its own against forged requests, set checkOrigin: false.`,
  );
}
