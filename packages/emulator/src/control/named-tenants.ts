import type { EmulatorOptions } from '../emulator-options.ts';
import { EmulatorError } from '../lib/emulator-error.ts';
import { requestPath } from '../lib/request-path.ts';
import { toErrorResponse } from '../request/json-response.ts';
import type { EmulatorControl } from './emulator-control.ts';

/** Options of a named tenant. Those left out are inherited from the emulator. */
export type NamedTenantOptions = Omit<EmulatorOptions, 'issuer' | 'state'>;

/** Further tenants in the same process, each under its own path: `/t/<name>/`. */
export interface NamedTenants {
  /**
   * The tenant with this name, created at the first call. Its issuer is `<issuer>t/<name>/`, and it shares nothing with
   * the others. Options for a tenant that exists are a 409; a `TypeError` names an option or a name that is wrong.
   */
  tenant(name: string, options?: NamedTenantOptions): EmulatorControl;
  /** The names of the tenants that exist, in the order of their creation. */
  tenantNames(): string[];
  /** Removes a tenant and everything in it, and ends its event streams; unknown names are ignored. */
  removeTenant(name: string): void;
}

/** A tenant with its control functions and its own requests. */
export interface ServedTenant {
  readonly control: EmulatorControl;
  handle(this: void, request: Request): Promise<Response>;
  /** Ends the event streams of those who look at it. */
  end(): void;
}

/** Holds named tenants; `create` makes one. */
export function createNamedTenants(
  create: (name: string, options: NamedTenantOptions) => ServedTenant,
): NamedTenants & { serving(request: Request): Pick<ServedTenant, 'handle'> | undefined } {
  const tenants = new Map<string, ServedTenant>();
  return {
    tenant(name, options) {
      if (!/^[a-z0-9][a-z0-9._-]{0,62}$/i.test(name)) {
        throw new TypeError('A tenant name is 1 to 63 letters, digits, dots, hyphens and underscores');
      }
      const existing = tenants.get(name);
      if (existing !== undefined && options !== undefined) {
        throw new EmulatorError(409, 'conflict', `There is a tenant ${name} already; remove it first`);
      }
      const tenant = existing ?? create(name, options ?? {});
      tenants.set(name, tenant);
      return tenant.control;
    },
    tenantNames: () => [...tenants.keys()],
    removeTenant(name) {
      tenants.get(name)?.end();
      tenants.delete(name);
    },
    serving(request) {
      const path = requestPath(request);
      const name = /^\/t\/([^/]+)(?:\/|$)/.exec(path)?.[1];
      if (name === undefined) return metadataOf(tenants, request, path);
      return tenants.get(name) ?? { handle: async () => toErrorResponse(unknownTenant(name)) };
    },
  };
}

/** RFC 8414, section 3.1: the metadata of an issuer with a path are asked for in front of that path. */
function metadataOf(
  tenants: ReadonlyMap<string, ServedTenant>,
  request: Request,
  path: string,
): Pick<ServedTenant, 'handle'> | undefined {
  const [, document, name = ''] = /^\/\.well-known\/([\w-]+)\/t\/([^/]+)\/?$/.exec(path) ?? [];
  const tenant = tenants.get(name);
  if (tenant === undefined) return undefined;
  const url = new URL(`/t/${name}/.well-known/${document}`, request.url);
  return { handle: () => tenant.handle(new Request(url, request)) };
}

function unknownTenant(name: string): EmulatorError {
  return new EmulatorError(
    404,
    'not_found',
    `There is no tenant ${name}; create it with PUT /_emulator/tenants/${name}`,
  );
}
