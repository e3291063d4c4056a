import { ConnectionDropped } from './connection-dropped.ts';
import type { Fault, FaultBook, FaultResponse } from './faults.ts';
import type { LoggedRequest, RequestLog } from './request-log.ts';

/** Logs a request and lets the fault that waits for it happen around `act`. */
export async function runExchange(
  log: RequestLog,
  faults: FaultBook,
  request: LoggedRequest,
  act: () => Promise<Response>,
): Promise<Response> {
  const end = log.add(request);
  const fault = faults.take(request);
  if (fault?.delayMs !== undefined) await delay(fault.delayMs);
  if (fault?.drop === 'before') throw drop('before');
  const response = fault?.respond === undefined ? await act() : toResponse(fault.respond);
  if (fault?.drop === 'after') throw drop('after');
  end({ status: response.status });
  return response;

  function drop(dropped: NonNullable<Fault['drop']>): ConnectionDropped {
    end({ dropped });
    return new ConnectionDropped();
  }
}

/** Waits without keeping a process alive, where timers can do that. */
function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer: { unref?: () => unknown } = setTimeout(resolve, ms);
    timer.unref?.();
  });
}

const statusesWithoutBody = [204, 205, 304];

function toResponse({ status, headers, body }: FaultResponse): Response {
  const all = new Headers(headers);
  const isText = typeof body === 'string';
  if (!all.has('content-type') && body !== undefined) {
    all.set('content-type', isText ? 'text/plain; charset=utf-8' : 'application/json');
  }
  const text = isText || body === undefined ? body : JSON.stringify(body);
  return new Response(statusesWithoutBody.includes(status) ? null : text, { status, headers: all });
}
