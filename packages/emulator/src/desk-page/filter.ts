import type { WireRequest } from './desk-client.ts';

/** Which requests are shown. */
export interface RequestFilter {
  /** Words that must all occur somewhere in the request or its answer. */
  readonly text: string;
  readonly username: string;
  readonly flow: string;
  readonly outcome: 'all' | 'failed' | 'open';
  readonly hasPolls: boolean;
}

/** Everything except pending polls. */
export const noFilter: RequestFilter = { text: '', username: '', flow: '', outcome: 'all', hasPolls: false };

/** Whether the answer only says that the user has not answered yet. */
export function isPendingPoll({ method, path, status, answer }: WireRequest): boolean {
  // The login page that waits for a phone loads itself again every second.
  if (method === 'GET' && path === '/u/mfa' && status === 200) return true;
  return ['authorization_pending', 'slow_down'].includes(errorOf(answer?.body) ?? '');
}

/** Whether a request is shown. */
export function isShown(request: WireRequest, filter: RequestFilter): boolean {
  const { status, dropped, username, flow } = request;
  if (!filter.hasPolls && isPendingPoll(request)) return false;
  if (filter.username !== '' && filter.username !== username) return false;
  if (filter.flow !== '' && filter.flow !== String(flow)) return false;
  const isOpen = status === undefined && dropped === undefined;
  const isFailed = dropped !== undefined || (status ?? 0) >= 400;
  if (filter.outcome === 'open' && !isOpen) return false;
  if (filter.outcome === 'failed' && !isFailed) return false;
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const haystack = JSON.stringify(request).toLowerCase();
  return words.every((word) => haystack.includes(word));
}

/** The `error` of an answer. */
export function errorOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('error' in body)) return undefined;
  return typeof body.error === 'string' ? body.error : undefined;
}
