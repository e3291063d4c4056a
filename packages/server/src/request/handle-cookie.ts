import { StepUpError } from '@stepgate/core';
import { recurringDigest } from '../lib/recurring-digest.ts';
import { type AllowedOrigins, isCrossSite } from './allowed-origins.ts';
import type { Login } from './caller.ts';
import type { HostRequest } from './host-request.ts';
import { cameByProxy, isLoopback } from './loopback.ts';
import { siteOf } from './same-origin.ts';

/** How a client without cookies asks for a handle (`new`), and shows it later. */
export const HANDLE_HEADER = 'stepgate-handle';

/** The handles with which browsers and clients own their records. The store knows only their digests. */
export interface Handles {
  /** The handle that the request shows; `undefined` if there is none, or it is malformed. */
  read(request: HostRequest<unknown>): string | undefined;
  /**
   * Whether a browser can get a handle: its request provably comes from this origin, or an allowed one.
   *
   * @throws StepUpError `insecure_transport` (403) if the cookie would travel unencrypted.
   */
  mayHold(request: HostRequest<unknown>): boolean;
  /** A fresh handle, and the response headers that set it. */
  mint(request: HostRequest<unknown>): HeldHandle;
  /** The handle that the request shows, or a fresh one. */
  hold(request: HostRequest<unknown>): HeldHandle;
}

/** A handle, and the response headers that set it. They are empty if the browser has it already. */
export interface HeldHandle {
  readonly handle: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it was set with this response, so that other requests of the browser may still come without it. */
  readonly isTravelling: boolean;
}

const HANDLE_BYTES = 32;
const WELL_FORMED = /^[\w-]{43}$/;

/** A login, and the key of the record that its browser's handle owns. */
export interface Owner {
  readonly key: string;
  readonly caller: Login;
}

/**
 * The key of the record that a handle owns for this login. The next login in the same browser gets another record, so
 * the two cannot reach or block each other.
 */
export function recordKey(handle: string, { session }: Login): string {
  return recurringDigest(`${handle}.${session}`);
}

/**
 * The name of the handle's cookie, by the protocol that the browser uses. With the prefix `__Host-`, the browser
 * refuses a cookie that another host or plain http has set.
 */
export function handleCookieName(protocol: string): string {
  return protocol === 'https' ? '__Host-stepgate' : 'stepgate';
}

/** Reads and makes handles. */
export function createHandles(options: {
  readonly randomBytes: (size: number) => Uint8Array;
  readonly insecureCookie: boolean;
  readonly origins: AllowedOrigins;
}): Handles {
  const { randomBytes, insecureCookie, origins } = options;

  /** Whether nobody can read or plant the cookie on its way, or the app accepts that risk. */
  function isSafe(request: HostRequest): boolean {
    return request.protocol === 'https' || insecureCookie || (isLoopback(request) && !cameByProxy(request));
  }

  function mustTravelSafely(request: HostRequest): void {
    if (isSafe(request)) return;
    throw new StepUpError('insecure_transport', isLoopback(request) ? behindProxy(request) : PLAIN_HTTP);
  }

  const handles: Handles = {
    read(request) {
      const mayRead = isSafe(request) && !origins.keepsHandleBack(request);
      const cookies = mayRead ? request.header('cookie') : undefined;
      const shown = cookie(cookies, handleCookieName(request.protocol)) ?? request.header(HANDLE_HEADER);
      return shown !== undefined && WELL_FORMED.test(shown) ? shown : undefined;
    },
    mayHold(request) {
      const isOurs = siteOf(request) === 'same-origin' || origins.areCalling(request);
      if (isOurs) mustTravelSafely(request);
      return isOurs;
    },
    mint(request) {
      const handle = Buffer.from(randomBytes(HANDLE_BYTES)).toString('base64url');
      if (wantsHeader(request)) return { handle, headers: { [HANDLE_HEADER]: handle }, isTravelling: false };
      mustTravelSafely(request);
      const isShared = origins.areCalling(request) && isCrossSite(request);
      // Browsers take SameSite=None only with Secure, and on this machine they take Secure over http too.
      const secure = isShared || request.protocol === 'https' ? '; Secure' : '';
      const sameSite = isShared ? 'None' : 'Lax';
      const cookieText = `${handleCookieName(request.protocol)}=${handle}; Path=/; HttpOnly; SameSite=${sameSite}${secure}`;
      return { handle, headers: { 'set-cookie': cookieText }, isTravelling: true };
    },
    hold(request) {
      const shown = handles.read(request);
      return shown === undefined
        ? handles.mint(request)
        : { handle: shown, headers: {}, isTravelling: false };
    },
  };
  return handles;
}

const PLAIN_HTTP =
  'Step-up needs https. Behind a proxy that ends TLS, have it send X-Forwarded-Proto, and have the framework trust it ("trust proxy"). Only in a closed network, set insecureCookie: true.';

function behindProxy({ host }: HostRequest): string {
  return `The request names this machine (${host}) as its host, over http, but came by a proxy. Have the proxy pass the public Host and X-Forwarded-Proto, and have the framework trust it. Only where nobody but you can reach it, during development, set insecureCookie: true.`;
}

/** Only when the client asks for it, and never in a browser, whose scripts would see the handle. */
function wantsHeader(request: HostRequest<unknown>): boolean {
  return (
    request.header(HANDLE_HEADER) === 'new' &&
    request.header('cookie') === undefined &&
    request.header('sec-fetch-site') === undefined
  );
}

function cookie(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined;
  const prefix = `${name}=`;
  for (let start = 0; start < header.length; ) {
    const next = header.indexOf(';', start);
    const end = next === -1 ? header.length : next;
    // Not `trim()`: for a browser, U+00A0 belongs to the name. The name then lacks the prefix, so any host may set
    // it.
    const at = header[start] === ' ' ? start + 1 : start;
    if (header.startsWith(prefix, at)) return header.slice(at + prefix.length, end);
    start = end + 1;
  }
  return undefined;
}
