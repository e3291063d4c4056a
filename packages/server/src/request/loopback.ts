import type { HostRequest } from './host-request.ts';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/;

/** Whether the request names this machine as its host. */
export function isLoopback({ host }: Pick<HostRequest, 'host'>): boolean {
  return LOOPBACK.test(host);
}

const PROXY_HEADERS = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-forwarded-server',
  'x-forwarded-ssl',
  'x-real-ip',
] as const;

/**
 * Whether a request that names this machine came from somewhere else, as far as it shows: nginx, by default, passes its
 * own upstream's address on as the Host, and a public site then looks like one on this machine.
 */
export function cameByProxy(request: HostRequest): boolean {
  if (PROXY_HEADERS.some((name) => request.header(name) !== undefined)) return true;
  const page = pageOf(request);
  if (page === undefined || !URL.canParse(page)) return false;
  const { protocol, host } = new URL(page);
  return protocol !== 'http:' || !LOOPBACK.test(host);
}

/** The address of the page that sent the request. Only a page of this very site has a `Referer` that tells of it. */
function pageOf(request: HostRequest): string | undefined {
  const origin = request.header('origin');
  if (origin !== undefined) return origin;
  return request.header('sec-fetch-site') === 'same-origin' ? request.header('referer') : undefined;
}
