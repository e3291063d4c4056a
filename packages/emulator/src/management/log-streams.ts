import type { LogStreamOptions } from '../directory/log-stream.ts';
import { sha256Hex } from '../lib/digest.ts';
import { EmulatorError, invalidRequest } from '../lib/emulator-error.ts';
import { optionalText, type Params, parseBody, requiredText } from '../request/api-request.ts';
import { toJsonResponse } from '../request/json-response.ts';
import type { LogStreamState } from '../state/log-streams.ts';
import type { Tenant } from '../state/tenant.ts';
import { assertScope, type ManagementApp } from './management-request.ts';

/** Log streams of the type `http`, which are all that the emulator has. */
export function addLogStreamRoutes(app: ManagementApp): void {
  app.get('/log-streams', async (c) => {
    await assertScope(c.env.tenant, c.req.raw, 'read:log_streams');
    return toJsonResponse(200, c.env.tenant.logStreams.logStreams().map(toStream));
  });
  app.post('/log-streams', async (c) => {
    const { tenant, body } = c.env;
    await assertScope(tenant, c.req.raw, 'create:log_streams');
    const options = toOptions(parseBody(body, 'application/json'));
    if (tenant.logStreams.logStreams().some(({ name }) => name === options.name)) {
      throw new EmulatorError(409, 'log_stream_exists', 'A log stream with this name exists already.');
    }
    tenant.logStreams.addLogStream(options);
    return toJsonResponse(200, toStream(requireStream(tenant, idOf(options.name))));
  });
  app.get('/log-streams/:id', async (c) => {
    await assertScope(c.env.tenant, c.req.raw, 'read:log_streams');
    return toJsonResponse(200, toStream(requireStream(c.env.tenant, c.req.param('id'))));
  });
  app.delete('/log-streams/:id', async (c) => {
    const { tenant } = c.env;
    await assertScope(tenant, c.req.raw, 'delete:log_streams');
    tenant.logStreams.removeLogStream(requireStream(tenant, c.req.param('id')).name);
    return new Response(null, { status: 204 });
  });
}

function idOf(name: string): string {
  return `lst_${sha256Hex(name).slice(0, 16)}`;
}

function requireStream(tenant: Tenant, id: string): LogStreamState {
  const stream = tenant.logStreams.logStreams().find(({ name }) => idOf(name) === id);
  if (stream !== undefined) return stream;
  throw new EmulatorError(404, 'inexistent_log_stream', 'The log stream does not exist.');
}

/** Without the authorization, which is a secret. */
function toStream({ name, endpoint, contentFormat }: LogStreamState): Record<string, unknown> {
  return {
    id: idOf(name),
    name,
    type: 'http',
    status: 'active',
    sink: {
      httpEndpoint: endpoint,
      httpContentType: 'application/json',
      httpContentFormat: contentFormat,
    },
  };
}

function toOptions({ name, type, sink, filters }: Params): LogStreamOptions {
  if (type !== 'http') throw invalidRequest('The emulator has log streams of the type http only');
  if (Array.isArray(filters) && filters.length > 0) {
    throw invalidRequest('The emulator filters by the types of events: POST /_emulator/log_streams');
  }
  if (typeof sink !== 'object' || sink === null) throw invalidRequest('Missing required parameter: sink');
  const members = sink as Params;
  const authorization = optionalText(members, 'httpAuthorization');
  const contentFormat = optionalText(members, 'httpContentFormat');
  return {
    name: requiredText({ name }, 'name'),
    endpoint: requiredText(members, 'httpEndpoint'),
    ...(authorization !== undefined && { authorization }),
    // Checked, as every other member, when it is added.
    ...(contentFormat !== undefined && { contentFormat: contentFormat as 'JSONARRAY' }),
  };
}
