import type { JWK } from 'jose';
import * as v from 'valibot';
import { type ApiOptions, defaultApis } from './directory/api.ts';
import { type ClientOptions, defaultClients } from './directory/client.ts';
import { type KeptState, keptStateShape } from './directory/kept-state.ts';
import type { LogStreamOptions } from './directory/log-stream.ts';
import { configShape, type TenantConfig } from './directory/options.ts';
import { defaultUsers, type UserOptions } from './directory/user-options.ts';
import { type RandomBytes, systemRandomBytes } from './lib/random.ts';
import { assertShape, listOfTexts, optional, shape } from './lib/shape.ts';
import { defaultSettings, mergeSettings, type Settings, type SettingsPatch } from './settings/settings.ts';
import type { TenantFrame } from './state/tenant.ts';
import type { LoggedRequest } from './timeline/logged-request.ts';

/** Options of `createEmulator`: a tenant, and its clock and source of randomness. */
export interface EmulatorOptions extends TenantConfig {
  /** Called with every request to the tenant that has ended; secrets are masked. Named tenants call it too. */
  readonly onRequest?: ((request: LoggedRequest) => void) | undefined;
  /**
   * Host names that the control API and its pages answer on, besides `localhost`, `127.0.0.1` and `[::1]`: such as the name
   * of a container. Anyone who can reach it there controls the tenant.
   */
  readonly controlHosts?: readonly string[] | undefined;
  /** What the emulator's clock runs with. Default: the system's time. */
  readonly clock?: { now(): number } | undefined;
  /** Source of everything random but the signing key. */
  readonly randomBytes?: RandomBytes | undefined;
  /** What CIBA's pings and log streams are sent with. Default: the system's `fetch`. */
  readonly fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
  /** What `export()` kept of another run. */
  readonly state?: KeptState | undefined;
}

/** The options with every default in its place. */
export interface ResolvedOptions {
  readonly issuer: string | undefined;
  readonly apis: readonly ApiOptions[];
  readonly mfaAudience: string | undefined;
  readonly clients: readonly ClientOptions[];
  readonly users: readonly UserOptions[];
  readonly logStreams: readonly LogStreamOptions[];
  readonly signingKey: JWK | string | undefined;
  readonly clock: { now(): number };
  readonly randomBytes: RandomBytes;
  readonly fetch: TenantFrame['fetch'];
  readonly state: KeptState | undefined;
  readonly settings: Settings;
  readonly onRequest: ((request: LoggedRequest) => void) | undefined;
  readonly controlHosts: readonly string[];
}

const aFunction = v.custom<() => void>((value) => typeof value === 'function', 'is a function');

const seamsShape = shape('EmulatorOptions', {
  clock: optional(
    v.custom<object>((value) => typeof value === 'object' && value !== null && 'now' in value, 'has now()'),
  ),
  randomBytes: optional(aFunction),
  fetch: optional(aFunction),
  state: optional(keptStateShape),
  onRequest: optional(aFunction),
  controlHosts: optional(listOfTexts),
});

/** Checks the options; a `TypeError` names the first one that is unknown or wrong. */
export function resolveOptions(options: EmulatorOptions): ResolvedOptions {
  const { clock, randomBytes, fetch: send, state, onRequest, controlHosts, ...config } = options;
  assertShape(seamsShape, { clock, randomBytes, fetch: send, state, onRequest, controlHosts });
  assertShape(configShape, config);
  const { issuer, audience, apis, mfaAudience, clients, users, logStreams, signingKey, ...settings } =
    options;
  return {
    issuer: issuer === undefined ? undefined : new URL(issuer).href,
    apis: apis ?? (audience === undefined ? defaultApis : toApis(audience)),
    mfaAudience,
    clients: clients ?? defaultClients,
    users: users ?? defaultUsers,
    logStreams: logStreams ?? [],
    signingKey,
    clock: clock ?? { now: () => Date.now() },
    randomBytes: randomBytes ?? systemRandomBytes,
    fetch: send ?? ((url, init) => fetch(url, init)),
    state,
    settings: mergeSettings(defaultSettings, toSettings(settings)),
    onRequest,
    controlHosts: controlHosts ?? [],
  };
}

function toApis(audience: string | readonly string[]): readonly ApiOptions[] {
  return (typeof audience === 'string' ? [audience] : audience).map((each) => ({ audience: each }));
}

/** Leaves out the options that are no settings. */
function toSettings(rest: SettingsPatch & Partial<EmulatorOptions>): SettingsPatch {
  const {
    clock: _clock,
    randomBytes: _randomBytes,
    fetch: _fetch,
    state: _state,
    onRequest: _onRequest,
    controlHosts: _controlHosts,
    ...settings
  } = rest;
  return settings;
}
