/**
 * The path of a request, without the path that the tenant is served under. Slashes doubled by joining an address and a
 * path count once.
 */
export function requestPath(request: Request, basePath = ''): string {
  const path = new URL(request.url).pathname.replace(/^\/+/, '/');
  return path.startsWith(`${basePath}/`) ? path.slice(basePath.length).replace(/^\/+/, '/') : path;
}
