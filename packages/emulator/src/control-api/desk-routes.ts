import type { Hono } from 'hono';
import type { EmulatorParts } from '../control/emulator-control.ts';
import { toEnvironment } from '../control/environment.ts';
import type { NamedTenants } from '../control/named-tenants.ts';
import { toJsonResponse } from '../request/json-response.ts';
import type { LoggedRequest } from '../timeline/logged-request.ts';
import { toWireRequest } from '../timeline/wire-request.ts';
import { toDeskOverview } from './desk-overview.ts';
import { followLog, followPhone } from './follow.ts';
import { type ControlBindings, toWireFault } from './wire.ts';

/** What the pages look at: the requests, as a list and as they happen, the faults that wait, and a phone as it changes. */
export function addDeskRoutes(
  app: Hono<{ Bindings: ControlBindings }>,
  parts: EmulatorParts,
  tenants: NamedTenants | undefined,
): void {
  const { control, timeline, eventStreams } = parts;
  app.get('/desk', () => toJsonResponse(200, toDeskOverview(parts, tenants)));
  app.get('/health', () => toJsonResponse(200, { status: 'ok' }));
  app.get('/environment', (c) => {
    const url = c.req.url.replace(/_emulator\/environment.*$/, '');
    return toJsonResponse(200, toEnvironment(control, url));
  });
  app.get('/requests', (c) => {
    const { user, flow } = c.req.query();
    const isWanted = (entry: LoggedRequest): boolean =>
      (user === undefined || entry.username === user) && (flow === undefined || String(entry.flow) === flow);
    return toJsonResponse(200, control.requests.filter(isWanted).map(toWireRequest));
  });
  app.get('/events', (c) => {
    const { phone } = c.req.query();
    return eventStreams.open((writer) =>
      phone === undefined ? followLog(timeline.log, writer) : followPhone(control, phone, writer),
    );
  });
  app.get('/faults', () => toJsonResponse(200, control.faults.list().map(toWireFault)));
}
