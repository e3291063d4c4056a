import type { HostRequest } from '../../src/request/host-request.ts';

/** A request to `https://bank.example`, with the given differences. */
export function requestOf(
  headers: Readonly<Record<string, string>> = {},
  options: Partial<HostRequest<undefined>> = {},
): HostRequest<undefined> {
  return {
    native: undefined,
    method: 'POST',
    url: '/transfers',
    protocol: 'https',
    host: 'bank.example',
    header: (name) => headers[name],
    forPolicy: () => undefined,
    parsedBody: () => undefined,
    whenGone: () => {},
    ...options,
  };
}
