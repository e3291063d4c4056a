import { createClock } from './clock.ts';
import { createEmulatorParts, type EmulatorControl } from './emulator-control.ts';
import { createHandler } from './http/handle.ts';
import { createNamedTenants, type NamedTenants } from './named-tenants.ts';
import { type EmulatorOptions, type ResolvedOptions, resolveOptions } from './options.ts';
import { randomId } from './random.ts';
import type { TenantFrame } from './tenant.ts';
import { createSigningKeys, type SigningKeys } from './tokens/signing-keys.ts';

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
  const resolved = resolveOptions(options);
  let issuer = resolved.issuer ?? 'http://127.0.0.1:4400/';
  const tenants = createNamedTenants((name, own) =>
    createServedTenant(resolveOptions({ ...options, ...own }), {
      basePath: `/t/${name}`,
      issuer: () => `${issuer}t/${name}/`,
    }),
  );
  const root = createServedTenant(resolved, { basePath: '', issuer: () => issuer, tenants });
  return {
    emulator: Object.assign(root.control, tenants, {
      handle: (request: Request) => (tenants.serving(request) ?? root).handle(request),
    }),
    serveAt(url) {
      if (resolved.issuer === undefined) issuer = url;
    },
  };
}

/** One tenant with its control functions and its own requests. */
function createServedTenant(
  resolved: ResolvedOptions,
  place: Pick<TenantFrame, 'basePath' | 'issuer'> & { readonly tenants?: NamedTenants },
): { readonly control: EmulatorControl; handle(this: void, request: Request): Promise<Response> } {
  const { basePath, issuer, tenants } = place;
  const clock = createClock(resolved.clock);
  let keys: Promise<SigningKeys> | undefined;
  const frame: TenantFrame = {
    ...resolved,
    clock,
    basePath,
    issuer,
    mfaAudience: () => resolved.mfaAudience ?? `${issuer()}mfa/`,
    signingKeys() {
      keys ??= createSigningKeys(randomId(resolved.randomBytes, 12));
      return keys;
    },
  };
  const parts = createEmulatorParts(frame, resolved.settings, clock, resolved.onRequest);
  return { control: parts.control, handle: createHandler(parts, basePath, tenants) };
}
