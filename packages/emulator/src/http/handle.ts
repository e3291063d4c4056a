import type { EmulatorParts } from '../control/emulator-control.ts';
import { runExchange } from '../control/exchange.ts';
import { type ControlApiOptions, createControlApi } from '../control-api/control-api.ts';
import { EmulatorError } from '../lib/emulator-error.ts';
import { requestPath } from '../lib/request-path.ts';
import { toErrorResponse } from '../request/json-response.ts';
import { createTenantApi } from '../tenant-api/tenant-api.ts';
import { readBody } from './read-body.ts';

/**
 * One function for every request of a tenant: the control API under `/_emulator`, the tenant's own API everywhere else.
 * The first one of an emulator also controls the named ones.
 */
export function createHandler(
  parts: EmulatorParts,
  options: ControlApiOptions,
): (request: Request) => Promise<Response> {
  const { control, timeline, faults } = parts;
  const { basePath, controlHosts } = options;
  const controlApi = createControlApi(parts, options);
  const tenantApi = createTenantApi();

  async function handleTenant(request: Request, body: string): Promise<Response> {
    const tenant = parts.currentTenant();
    const response = await tenantApi.fetch(request, {
      tenant,
      body,
      controlHosts,
      around: (act) => runExchange(timeline.open({ tenant, request, body }), faults, act),
    });
    // Clients measure `x-ratelimit-reset` against the answer's own date, so it has to be the emulator's.
    if (!response.headers.has('date')) {
      response.headers.set('date', new Date(control.clock.now()).toUTCString());
    }
    return response;
  }

  return async (request) => {
    try {
      const body = await readBody(request);
      const path = requestPath(request, basePath);
      const isDesk = path === '/' && request.method === 'GET';
      const isControl = isDesk || /^\/_emulator(\/|$)/.test(path);
      return isControl ? await controlApi.fetch(request, { body }) : await handleTenant(request, body);
    } catch (error) {
      if (error instanceof EmulatorError) return toErrorResponse(error);
      throw error;
    }
  };
}
