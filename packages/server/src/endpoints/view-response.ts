import type { FlowView } from '@stepgate/core';
import { json } from '../request/error-response.ts';
import type { HostResponse } from '../request/host-request.ts';

/** The view's version as an entity tag (RFC 9110, section 8.8.3). */
export function etagOf({ version }: FlowView): string {
  return `"${version}"`;
}

/** A view as a response. */
export function viewResponse(
  view: FlowView,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): HostResponse {
  return json(status, view, { etag: etagOf(view), ...headers });
}
