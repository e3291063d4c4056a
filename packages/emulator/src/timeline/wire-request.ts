import type { LoggedRequest } from './logged-request.ts';

/** A request as the control API spells it; the names in parameters, headers and answers stay as they were sent. */
export function toWireRequest(request: LoggedRequest): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(request).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}
