import { createEmulatorParts, type EmulatorControl, type EmulatorStart } from './control/emulator-control.ts';
import {
  createNamedTenants,
  type NamedTenantOptions,
  type NamedTenants,
  type ServedTenant,
} from './control/named-tenants.ts';
import { type EmulatorOptions, resolveOptions } from './emulator-options.ts';
import { createHandler } from './http/handle.ts';
import { createSigningKeys, type SigningKeys } from './keys/signing-keys.ts';
import { createClock } from './lib/clock.ts';
import type { TenantFrame } from './state/tenant.ts';

/** An emulated Auth0 tenant that needs no Node API: for pages, workers and other runtimes. */
export interface PortableEmulator extends EmulatorControl, NamedTenants {
  /**
   * Answers a request without a socket. A fault that drops the connection rejects with the `TypeError` that
   * `fetch` fails with; nothing else rejects.
   */
  handle(this: void, request: Request): Promise<Response>;
}

/** An emulator, and the function that tells it the address it is served at. */
export function createPortableEmulator(options: EmulatorOptions = {}): {
  readonly emulator: PortableEmulator;
  serveAt(this: void, url: string): void;
} {
  const { issuer: given } = resolveOptions(options);
  let issuer = given ?? 'http://127.0.0.1:4400/';
  const tenants = createNamedTenants((name, own) =>
    createServedTenant(
      { ...withoutOwn(options, own), ...own },
      {
        basePath: `/t/${name}`,
        issuer: () => `${issuer}t/${name}/`,
      },
    ),
  );
  const root = createServedTenant(options, { basePath: '', issuer: () => issuer, tenants });
  return {
    emulator: Object.assign(root.control, tenants, {
      handle: (request: Request) => (tenants.serving(request) ?? root).handle(request),
    }),
    serveAt(url) {
      if (given === undefined) issuer = url;
    },
  };
}

/** One tenant with its control functions and its own requests. */
function createServedTenant(
  options: EmulatorOptions,
  place: Pick<TenantFrame, 'basePath' | 'issuer'> & { readonly tenants?: NamedTenants },
): ServedTenant {
  const { basePath, issuer, tenants } = place;
  const resolved = resolveOptions(options);
  const { controlHosts } = resolved;
  const clock = createClock(resolved.clock);
  let keys: Promise<SigningKeys> | undefined;
  const frame: TenantFrame = {
    ...resolved,
    clock,
    basePath,
    issuer,
    mfaAudience: () => resolved.mfaAudience ?? `${issuer()}mfa/`,
    signingKeys() {
      keys ??= createSigningKeys({
        given: resolved.signingKey,
        issuer: issuer(),
        now: clock.now(),
        serial: resolved.randomBytes(16),
      });
      return keys;
    },
  };
  const parts = createEmulatorParts({
    handle: (request) => handle(request),
    frame,
    settings: resolved.settings,
    logStreams: resolved.logStreams,
    clock,
    state: resolved.state,
    onRequest: resolved.onRequest,
    fixed: fixedOptions(options),
  });
  const handle = createHandler(parts, { basePath, tenants, controlHosts });
  return { control: parts.control, handle, end: () => parts.eventStreams.end() };
}

/** The emulator's options that a named tenant inherits, without those that its own options replace. */
function withoutOwn(options: EmulatorOptions, own: NamedTenantOptions): EmulatorOptions {
  const { state: _state, issuer: _issuer, ...shared } = options;
  if (own.audience === undefined && own.apis === undefined) return shared;
  const { audience: _audience, apis: _apis, ...rest } = shared;
  return rest;
}

function fixedOptions({ issuer, mfaAudience }: EmulatorOptions): EmulatorStart['fixed'] {
  return {
    ...(issuer !== undefined && { issuer }),
    ...(mfaAudience !== undefined && { mfaAudience }),
  };
}
