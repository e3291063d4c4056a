import { parseBody } from '../api/api-request.ts';
import type { LoggedRequest } from '../control/request-log.ts';
import { requestPath } from './request-path.ts';

/** What the log keeps of a request. */
export function toLoggedRequest(
  request: Request,
  { basePath, body, at }: { readonly basePath: string; readonly body: string; readonly at: number },
): LoggedRequest {
  const path = requestPath(request, basePath);
  const grantType = path === '/oauth/token' ? readGrantType(request, body) : undefined;
  const forwardedFor = request.headers.get('auth0-forwarded-for');
  return {
    method: request.method,
    path,
    ...(grantType !== undefined && { grantType }),
    ...(forwardedFor !== null && { forwardedFor }),
    at,
  };
}

function readGrantType(request: Request, body: string): string | undefined {
  try {
    const grantType = parseBody(body, request.headers.get('content-type') ?? '').grant_type;
    return typeof grantType === 'string' ? grantType : undefined;
  } catch {
    return undefined;
  }
}
