import { toErrorResponse } from '../api/json-response.ts';
import { createTenantApi } from '../api/tenant-api.ts';
import { createControlApi } from '../control/control-api.ts';
import { runExchange } from '../control/exchange.ts';
import type { EmulatorParts } from '../emulator-control.ts';
import { EmulatorError } from '../emulator-error.ts';
import type { NamedTenants } from '../named-tenants.ts';
import { readBody } from './read-body.ts';
import { requestPath } from './request-path.ts';
import { toLoggedRequest } from './to-logged-request.ts';

/**
 * One function for every request of a tenant: the control API under `/_emulator`, the tenant's own API everywhere else.
 * The first one of an emulator also controls the named ones.
 */
export function createHandler(
  parts: EmulatorParts,
  basePath: string,
  tenants?: NamedTenants,
): (request: Request) => Promise<Response> {
  const { control, log, faults } = parts;
  const controlApi = createControlApi(control, { basePath, tenants });
  const tenantApi = createTenantApi();

  async function handleTenant(request: Request, body: string): Promise<Response> {
    const response = await tenantApi.fetch(request, {
      tenant: parts.currentTenant(),
      body,
      around: (act) =>
        runExchange(log, faults, toLoggedRequest(request, { basePath, body, at: control.clock.now() }), act),
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
      const isControl = /^\/_emulator(\/|$)/.test(requestPath(request, basePath));
      return isControl ? await controlApi.fetch(request, { body }) : await handleTenant(request, body);
    } catch (error) {
      if (error instanceof EmulatorError) return toErrorResponse(error);
      throw error;
    }
  };
}
