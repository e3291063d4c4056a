import type { EmulatorParts } from '../control/emulator-control.ts';
import type { NamedTenants } from '../control/named-tenants.ts';
import type { ClientOptions } from '../directory/client.ts';
import { type Dialect, dialectChoices } from '../settings/dialect.ts';
import { defaultSettings, type Settings, settingsEntries } from '../settings/settings.ts';
import type { LogEvent } from '../state/event-log.ts';
import { toSnakeCase } from './wire.ts';

/** How many events of the log the desk shows. */
const mostEvents = 50;

/** Everything that the desk shows besides the requests, as its page takes it. No secret is among it. */
export function toDeskOverview(
  parts: EmulatorParts,
  tenants: NamedTenants | undefined,
): Record<string, unknown> {
  const { control } = parts;
  const tenant = parts.currentTenant();
  return {
    issuer: control.issuer,
    now: control.clock.now(),
    users: control.users().map((user) => ({ ...user, ...onPhone(control, user.username) })),
    clients: [...tenant.clients.values()].map(toClient),
    audiences: [...tenant.apis.keys()],
    settings: toSettings(control.settings),
    faults: control.faults.list(),
    log_streams: toSnakeCase(control.logStreams()),
    log_events: control.logEvents.slice(-mostEvents).toReversed().map(toEventRow),
    tenants: (tenants?.tenantNames() ?? []).map((name) => ({
      name,
      issuer: tenants?.tenant(name).issuer,
    })),
  };
}

/** An event in one line; everything else of it is in `GET /_emulator/logs`. */
function toEventRow({ log_id: id, date, type, description, user_name: user }: LogEvent): object {
  return { id, date, type, description, ...(user !== undefined && { user }) };
}

function onPhone(control: EmulatorParts['control'], username: string): Record<string, unknown> {
  const { authenticators, notifications, enrollments } = control.phone(username).view();
  const pushes = notifications.filter(({ status }) => status === 'pending').toReversed();
  return {
    factors: authenticators.filter(({ active }) => active === true).map(({ id }) => String(id).split('|')[0]),
    waiting: [
      ...pushes.map(({ id, client, message }) => ({ kind: 'push', id, client, message })),
      ...enrollments.toReversed().map(({ barcodeUri, client }) => ({ kind: 'scan', id: barcodeUri, client })),
    ],
  };
}

function toClient(client: ClientOptions): Record<string, unknown> {
  const { clientId, name = clientId, clientSecret, keys, grantTypes = null, callbackUrls = null } = client;
  const methods = [
    ...(clientSecret === undefined ? [] : ['secret']),
    ...(keys === undefined ? [] : ['private_key_jwt']),
  ];
  return {
    client_id: clientId,
    name,
    authentication: methods.join(' or ') || 'none: a public client',
    grant_types: grantTypes,
    callback_urls: callbackUrls,
  };
}

function toSettings(settings: Settings): Record<string, unknown>[] {
  const rows = (
    group: string,
    values: object,
    initial: object,
    choices: (name: string) => readonly unknown[] | null,
  ) =>
    Object.entries(values).map(([name, value]) => ({
      group,
      name,
      value: value ?? null,
      initial: (initial as Record<string, unknown>)[name] ?? null,
      choices: choices(name),
    }));
  const { dialect, limits, lifetimes, ...plain } = settings;
  const any = (): null => null;
  return [
    ...rows('', plain, defaultSettings, (name) => choicesOf(name as keyof Settings)),
    ...rows('dialect', dialect, defaultSettings.dialect, (name) => dialectChoices[name as keyof Dialect]),
    ...rows('limits', limits, defaultSettings.limits, any),
    ...rows('lifetimes', lifetimes, defaultSettings.lifetimes, any),
  ];
}

/** The values that the setting's schema takes, if it takes only a few. */
function choicesOf(name: keyof Settings): readonly unknown[] | null {
  const entry = settingsEntries[name];
  const schema: { readonly type: string; readonly options?: unknown } =
    'wrapped' in entry ? entry.wrapped : entry;
  if (schema.type === 'boolean') return [true, false];
  return schema.type === 'picklist' && Array.isArray(schema.options) ? schema.options : null;
}
