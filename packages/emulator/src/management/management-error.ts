import { EmulatorError } from '../lib/emulator-error.ts';
import { toJsonResponse } from '../request/json-response.ts';

const names: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  413: 'Payload Too Large',
};

/** An error in the format of the Management API. */
export function toManagementError(error: Error): Response {
  const known = error instanceof TypeError ? new EmulatorError(400, 'invalid_body', error.message) : error;
  if (!(known instanceof EmulatorError)) throw known;
  return toJsonResponse(known.status, {
    statusCode: known.status,
    error: names[known.status] ?? 'Error',
    message: known.message,
    errorCode: known.code,
  });
}
