import { delay } from '../lib/timers.ts';
import type { OpenRequest } from '../timeline/timeline.ts';
import { ConnectionDropped } from './connection-dropped.ts';
import type { FaultBook, FaultResponse } from './faults.ts';

/** Applies the fault that matches a request around `act`, and logs how the request ended. */
export async function runExchange(
  open: OpenRequest,
  faults: FaultBook,
  act: () => Promise<Response>,
): Promise<Response> {
  const fault = faults.take(open.entry);
  if (fault !== undefined) open.hit();
  if (fault?.delayMs !== undefined) await delay(fault.delayMs);
  if (fault?.drop === 'before') throw drop(open, 'before');
  const response = fault?.respond === undefined ? await act() : toResponse(fault.respond);
  if (fault?.drop === 'after') throw drop(open, 'after');
  return open.answer(response);
}

function drop(open: OpenRequest, dropped: 'before' | 'after'): ConnectionDropped {
  open.drop(dropped);
  return new ConnectionDropped();
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
