import type { Hono } from 'hono';
import { toJsonResponse } from '../api/json-response.ts';
import type { EmulatorParts } from '../emulator-control.ts';
import { eventStreamResponse } from '../timeline/event-stream.ts';
import type { LoggedRequest } from '../timeline/logged-request.ts';
import { toWireRequest } from '../timeline/wire-request.ts';
import { type ControlBindings, toWireFault } from './wire.ts';

/** What the desk page looks at: the requests, as a list and as they happen, and the faults that wait. */
export function addDeskRoutes(
  app: Hono<{ Bindings: ControlBindings }>,
  { control, timeline }: EmulatorParts,
): void {
  app.get('/requests', (c) => {
    const { user, flow } = c.req.query();
    const isWanted = (entry: LoggedRequest): boolean =>
      (user === undefined || entry.username === user) && (flow === undefined || String(entry.flow) === flow);
    return toJsonResponse(200, control.requests.filter(isWanted).map(toWireRequest));
  });
  app.get('/events', () => eventStreamResponse(timeline.log));
  app.get('/faults', () => toJsonResponse(200, control.faults.list().map(toWireFault)));
}
