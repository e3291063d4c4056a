import { toErrorResponse } from '../api/json-response.ts';
import { createTenantApi } from '../api/tenant-api.ts';
import { createControlApi } from '../control/control-api.ts';
import { runExchange } from '../control/exchange.ts';
import type { EmulatorParts } from '../emulator-control.ts';
import { EmulatorError } from '../emulator-error.ts';
import { readBody } from './read-body.ts';
import { requestPath } from './request-path.ts';
import { toLoggedRequest } from './to-logged-request.ts';

/** One function for every request: the control API under `/_emulator`, the tenant everywhere else. */
export function createHandler(parts: EmulatorParts): (request: Request) => Promise<Response> {
  const { control, log, faults } = parts;
  const controlApi = createControlApi(control);
  const tenantApi = createTenantApi();

  async function handleTenant(request: Request, body: string): Promise<Response> {
    const response = await tenantApi.fetch(request, {
      tenant: parts.currentTenant(),
      body,
      around: (act) => runExchange(log, faults, toLoggedRequest(request, body, control.clock.now()), act),
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
      const isControl = /^\/_emulator(\/|$)/.test(requestPath(request));
      return isControl ? await controlApi.fetch(request, { body }) : await handleTenant(request, body);
    } catch (error) {
      if (error instanceof EmulatorError) return toErrorResponse(error);
      throw error;
    }
  };
}
