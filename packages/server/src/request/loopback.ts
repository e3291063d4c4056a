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
 * Whether a request that names this machine shows that it came from elsewhere. By default nginx passes on its
 * upstream's address as the Host, so a public site looks like one on this machine.
 */
export function cameByProxy(request: HostRequest): boolean {
  for (const name of PROXY_HEADERS) {
    if (request.header(name) !== undefined) return true;
  }
  const page = pageOf(request);
  if (page === undefined || !URL.canParse(page)) return false;
  const { protocol, host } = new URL(page);
  return protocol !== 'http:' || !LOOPBACK.test(host);
}

/** The address of the page that sent the request. Only pages of this site show it in `Referer`. */
function pageOf(request: HostRequest): string | undefined {
  const origin = request.header('origin');
  if (origin !== undefined) return origin;
  return request.header('sec-fetch-site') === 'same-origin' ? request.header('referer') : undefined;
}
