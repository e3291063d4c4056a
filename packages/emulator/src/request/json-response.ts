import { type EmulatorError, toErrorBody } from '../lib/emulator-error.ts';

/** A JSON answer. */
export function toJsonResponse(status: number, body: unknown, headers?: HeadersInit): Response {
  return Response.json(body, { status, ...(headers !== undefined && { headers }) });
}

/** The response to an error. Its own headers are added to the given ones. */
export function toErrorResponse(error: EmulatorError, headers?: HeadersInit): Response {
  const all = new Headers(headers);
  for (const [name, value] of Object.entries(error.details.headers ?? {})) all.set(name, value);
  return toJsonResponse(error.status, toErrorBody(error), all);
}
