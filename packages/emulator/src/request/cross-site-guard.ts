import { EmulatorError } from '../lib/emulator-error.ts';

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/** Refuses a host name other than this machine's own, as in a DNS rebinding attack. */
export function assertControlHost(request: Request, further: readonly string[]): void {
  const { hostname } = new URL(request.url);
  if (isOwn(hostname, further)) return;
  throw forbidden(
    `The control API answers on localhost and 127.0.0.1, not on ${hostname}; allow it with --control-host ${hostname}`,
  );
}

/** Refuses requests from pages of another origin. Programs send neither of these headers. */
export function assertSameOrigin(request: Request): void {
  const site = request.headers.get('sec-fetch-site') ?? 'none';
  const origin = request.headers.get('origin');
  const isSame = origin === null || origin === new URL(request.url).origin;
  if (isSame && (site === 'none' || site === 'same-origin')) return;
  throw forbidden('The control API does not answer to pages of another origin');
}

/**
 * Refuses pages that are not of this machine. They could use the client's secret, which everybody knows. Programs send no
 * `Origin`.
 */
export function assertOwnPage({ headers }: Request, further: readonly string[]): void {
  const origin = headers.get('origin');
  if (origin === null || isOwn(URL.parse(origin)?.hostname, further)) return;
  throw forbidden(
    `The Management API answers to programs and to pages of this machine, not to a page of ${origin}`,
  );
}

function isOwn(hostname: string | undefined, further: readonly string[]): boolean {
  return hostname !== undefined && (loopbackNames.includes(hostname) || further.includes(hostname));
}

function forbidden(description: string): EmulatorError {
  return new EmulatorError(403, 'forbidden', description);
}
