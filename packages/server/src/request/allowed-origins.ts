import { type HostRequest, originOf } from './host-request.ts';
import { isNavigation } from './navigation.ts';

/** The other origins whose pages may use the endpoints, with the user's cookies (Fetch standard, section 3.2). */
export interface AllowedOrigins {
  /** Whether a page of one of them makes the request, in any way. */
  include(request: HostRequest): boolean;
  /** Whether a script on a page of one of them makes the request. Forms and links never count. */
  areCalling(request: HostRequest<unknown>): boolean;
  /**
   * Whether the browser would have held back a SameSite=Lax cookie. If other sites are allowed, the handle's cookie
   * is SameSite=None, and this check replaces what the browser no longer does.
   */
  keepsHandleBack(request: HostRequest<unknown>): boolean;
  /** The answer to a preflight of one of them; `undefined` for every other request. */
  preflight(request: HostRequest<unknown>): Response | undefined;
  /** Lets a page of one of them read the response. */
  share(request: HostRequest<unknown>, response: Response): Response;
}

const ALLOWED = {
  'access-control-allow-methods': 'GET, POST, DELETE',
  'access-control-allow-headers': 'authorization, content-type, if-match, if-none-match, prefer',
  'access-control-max-age': '600',
} as const;
const EXPOSED = 'etag, retry-after, www-authenticate';

/** Makes the list: exact origins, no wildcards. */
export function createAllowedOrigins(list: readonly string[]): AllowedOrigins {
  const origins = new Set(list);

  function allowedOf(request: HostRequest<unknown>): string | undefined {
    const origin = request.header('origin');
    return origin !== undefined && origins.has(origin) ? origin : undefined;
  }

  function areCalling(request: HostRequest<unknown>): boolean {
    return allowedOf(request) !== undefined && (request.header('sec-fetch-mode') ?? 'cors') === 'cors';
  }

  function share(request: HostRequest<unknown>, response: Response): Response {
    if (origins.size === 0) return response;
    response.headers.append('vary', 'origin');
    const origin = allowedOf(request);
    if (origin === undefined) return response;
    response.headers.set('access-control-allow-origin', origin);
    response.headers.set('access-control-allow-credentials', 'true');
    response.headers.set('access-control-expose-headers', EXPOSED);
    return response;
  }

  return {
    include: (request) => allowedOf(request) !== undefined,
    areCalling,
    keepsHandleBack(request) {
      const isLink = request.method === 'GET' && isNavigation(request);
      return origins.size > 0 && isCrossSite(request) && !isLink && !areCalling(request);
    },
    preflight(request) {
      const isPreflight =
        request.method === 'OPTIONS' && request.header('access-control-request-method') !== undefined;
      return isPreflight && allowedOf(request) !== undefined
        ? new Response(null, { status: 204, headers: ALLOWED })
        : undefined;
    },
    share,
  };
}

/**
 * Whether the request comes from another site, which takes a cookie with SameSite=None. Two hosts of one site (`app.`
 * and `api.bank.example`) are the same site.
 */
export function isCrossSite(request: HostRequest<unknown>): boolean {
  const site = request.header('sec-fetch-site');
  if (site !== undefined) return site === 'cross-site';
  // The browser does not tell, so any other origin may be another site.
  const origin = request.header('origin');
  return origin !== undefined && origin !== originOf(request);
}
