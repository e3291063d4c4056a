import { EmulatorError } from '../lib/emulator-error.ts';

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/** Refuses a host name that is not this machine's own: a page whose name was re-pointed here (DNS rebinding). */
export function assertControlHost(request: Request, further: readonly string[]): void {
  const { hostname } = new URL(request.url);
  if (loopbackNames.includes(hostname) || further.includes(hostname)) return;
  throw forbidden(
    `The control API answers on localhost and 127.0.0.1, not on ${hostname}; allow it with --control-host ${hostname}`,
  );
}

/** Refuses what a page of another origin makes a browser send. Programs send neither header. */
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
