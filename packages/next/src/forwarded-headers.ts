const FILLED_IN = ['x-forwarded-host', 'x-forwarded-port', 'x-forwarded-proto', 'x-forwarded-for'] as const;

const THIS_MACHINE = /^(::1|(::ffff:)?127(\.\d{1,3}){3})$/;

/**
 * The request without the forwarded headers that Next.js itself fills in where there is no proxy. The gate takes such
 * headers as a sign of one, and refuses an address of this machine as the origin then. The copy has no body.
 *
 * `appBasePath`: what Next.js has taken from the beginning of the path.
 */
export function withoutFilledIn(request: Request, appBasePath = ''): Request {
  const { method, headers, signal } = request;
  const url = new URL(request.url);
  url.pathname = appBasePath + url.pathname;
  const isFilledIn =
    headers.get('x-forwarded-host') === headers.get('host') &&
    headers.get('x-forwarded-proto') === 'http' &&
    THIS_MACHINE.test(headers.get('x-forwarded-for') ?? '');
  if (!isFilledIn && appBasePath === '') return request;
  const others = new Headers(headers);
  if (isFilledIn) for (const name of FILLED_IN) others.delete(name);
  return new Request(url, { method, headers: others, signal });
}
