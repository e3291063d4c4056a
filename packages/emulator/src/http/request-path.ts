/** The path of a request; slashes doubled by joining an address and a path count once. */
export function requestPath(request: Request): string {
  return new URL(request.url).pathname.replace(/^\/+/, '/');
}
