import Negotiator from 'negotiator';
import type { HostRequest } from './host-request.ts';

/** How a refused request is answered: with a redirect to the page, or with a 401 for a program. */
export type AnswerKind = 'page' | 'api';

/**
 * Whether the request loads a page that the user sees and can act on, rather than a script's call, an image or a
 * frame. `Sec-Fetch-Mode` and `Sec-Fetch-Dest` decide if the client sends them, otherwise `Accept`.
 */
export function isNavigation(request: HostRequest<unknown>): boolean {
  const mode = request.header('sec-fetch-mode');
  // Node's fetch sends "cors"; no browser sends "navigate" for anything but a page, or a frame in one.
  if (mode !== undefined) {
    return mode === 'navigate' && (request.header('sec-fetch-dest') ?? 'document') === 'document';
  }
  if (request.header('x-requested-with') !== undefined) return false;
  return prefersHtml(request);
}

/**
 * Whether the client names HTML, and prefers it to JSON or wants both alike (RFC 9110, section 12.5.1). Of equals,
 * the first wins.
 */
function prefersHtml(request: HostRequest<unknown>): boolean {
  return acceptedTypes(request).find((type) => type === HTML || type === JSON_TYPE) === HTML;
}

/** Whether the client names the event stream type. */
export function wantsEventStream(request: HostRequest<unknown>): boolean {
  return acceptedTypes(request).includes('text/event-stream');
}

const HTML = 'text/html';
const JSON_TYPE = 'application/json';

/** The media types of `Accept`, most wanted first. */
function acceptedTypes(request: HostRequest<unknown>): readonly string[] {
  const accept = request.header('accept')?.toLowerCase();
  return accept === undefined ? [] : new Negotiator({ headers: { accept } }).mediaTypes();
}
