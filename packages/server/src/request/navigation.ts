import type { HostRequest } from './host-request.ts';

/** How a refused request is answered: with the way to the page, or with a 401 that a program reads. */
export type AnswerKind = 'page' | 'api';

/**
 * Whether the request loads a page that the user sees and can act on, rather than being a script's call, or the load
 * of an image or a frame. `Sec-Fetch-Mode` and `Sec-Fetch-Dest` decide where the client sends them, `Accept` only
 * elsewhere.
 */
export function isNavigation(request: HostRequest<unknown>): boolean {
  const mode = request.header('sec-fetch-mode');
  // Node's fetch sends "cors"; no browser sends "navigate" for anything but a page, or a frame in one.
  if (mode !== undefined) {
    return mode === 'navigate' && (request.header('sec-fetch-dest') ?? 'document') === 'document';
  }
  if (request.header('x-requested-with') !== undefined) return false;
  return prefersHtml(request.header('accept') ?? '');
}

/** Whether HTML is named, and wanted no less than JSON (RFC 9110, section 12.5.1). Of equals, the first one wins. */
function prefersHtml(accept: string): boolean {
  const [wanted] = accept
    .toLowerCase()
    .split(',')
    .map((range) => {
      const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
      const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
      return { type, weight: Number(weight) || 0 };
    })
    .filter(({ type, weight }) => weight > 0 && (type === 'text/html' || type === 'application/json'))
    .sort((one, other) => other.weight - one.weight);
  return wanted?.type === 'text/html';
}
