import { EmulatorError } from '../lib/emulator-error.ts';

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/** Refuses a host name other than this machine's own, as in a DNS rebinding attack. */
export function assertControlHost(request: Request, further: readonly string[]): void {
  const { hostname } = new URL(request.url);
  if (loopbackNames.includes(hostname) || further.includes(hostname)) return;
  throw forbidden(
    `The control API answers on localhost and 127.0.0.1, not on ${hostname}; allow it with --control-host ${hostname}`,
  );
}

/** Refuses requests from pages of another origin. Programs send neither of these headers. */
export function assertSameOrigin(request: Request): void {
  const site = request.headers.get('sec-fetch-site') ?? 'none';
  const origin = request.headers.get('origin');
  const isOwn = origin === null || origin === new URL(request.url).origin;
  if (isOwn && (site === 'none' || site === 'same-origin')) return;
  throw forbidden('The control API does not answer to pages of another origin');
}

function forbidden(description: string): EmulatorError {
  return new EmulatorError(403, 'forbidden', description);
}
