import type { Hono } from 'hono';
import type { EmulatorControl } from '../control/emulator-control.ts';
import type { LogStreamOptions } from '../directory/log-stream.ts';
import { toJsonResponse } from '../request/json-response.ts';
import { parseControlBody, reply, toCamelCase } from './wire.ts';

/** The tenant's log, and the webhooks that it is sent to. */
export function addLogRoutes(
  app: Hono<{ Bindings: { readonly body: string } }>,
  control: EmulatorControl,
): void {
  app.get('/logs', (c) => {
    const { user, type } = c.req.query();
    const events = control.logEvents.filter(
      (event) =>
        (user === undefined || event.user_name === user) && (type === undefined || event.type === type),
    );
    return toJsonResponse(200, events);
  });
  app.get('/log_streams', () => reply(control.logStreams()));
  app.post('/log_streams', (c) => {
    control.addLogStream(toCamelCase(parseControlBody(c.env.body)) as LogStreamOptions);
    return reply(control.logStreams(), 201);
  });
  app.delete('/log_streams/:name', (c) => {
    control.removeLogStream(c.req.param('name'));
    return reply({});
  });
}
