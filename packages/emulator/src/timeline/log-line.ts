import type { LoggedRequest } from './logged-request.ts';

/** A request in one line, for a terminal: time, request, outcome, and whose it is. */
export function toLogLine(request: LoggedRequest): string {
  const { method, path, at, tenant, username, clientId, flow, durationMs } = request;
  const place = tenant === undefined ? path : `/t/${tenant}${path}`;
  return [
    new Date(at).toISOString().slice(11, 23),
    method.padEnd(4),
    place,
    ...(request.grantType === undefined ? [] : [`(${toGrantName(request.grantType)})`]),
    '→',
    toOutcome(request),
    ...(username === undefined ? [] : [username]),
    ...(clientId === undefined ? [] : [`by ${clientId}`]),
    ...(flow === undefined ? [] : [`flow ${flow}`]),
    ...(request.isFault === true ? ['fault'] : []),
    `${durationMs ?? 0} ms`,
  ]
    .map((part) => part.replace(/\p{Cc}/gu, '?'))
    .join('  ');
}

/** The end of a grant type's name: `mfa-oob` of `http://auth0.com/oauth/grant-type/mfa-oob`. */
function toGrantName(grantType: string): string {
  return grantType.split(/[/:]/).at(-1) ?? grantType;
}

function toOutcome({ status, dropped, answer }: LoggedRequest): string {
  if (dropped !== undefined) return `connection dropped ${dropped} the answer`;
  const body = answer?.body;
  const error = typeof body === 'object' && body !== null && 'error' in body ? ` ${String(body.error)}` : '';
  return `${status}${error}`;
}
