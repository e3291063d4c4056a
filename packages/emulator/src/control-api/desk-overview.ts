import type { EmulatorParts } from '../control/emulator-control.ts';
import type { NamedTenants } from '../control/named-tenants.ts';
import type { ClientOptions } from '../directory/client.ts';
import { dialectChoices } from '../settings/dialect.ts';
import { defaultSettings, type Settings } from '../settings/settings.ts';

const choices: Readonly<Record<string, readonly unknown[]>> = {
  mfaPolicy: ['scope', 'always', 'never'],
  refreshScopes: ['any', 'granted'],
  recoveryCodes: [true, false],
  offlineAccess: [true, false],
};

const groups = ['dialect', 'limits', 'lifetimes'] as const;

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
    tenants: (tenants?.tenantNames() ?? []).map((name) => ({
      name,
      issuer: tenants?.tenant(name).issuer,
    })),
  };
}

function onPhone(control: EmulatorParts['control'], username: string): Record<string, unknown> {
  const { authenticators, notifications, enrollments } = control.phone(username).view();
  const pushes = notifications.filter(({ status }) => status === 'pending').toReversed();
  return {
    factors: authenticators.filter(({ active }) => active === true).map(({ id }) => String(id).split('|')[0]),
    waiting: [
      ...pushes.map(({ id, client }) => ({ kind: 'push', id, client })),
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
  const rows = (group: string, values: object, initial: object, known: typeof choices) =>
    Object.entries(values).map(([name, value]) => ({
      group,
      name,
      value: value ?? null,
      initial: (initial as Record<string, unknown>)[name] ?? null,
      choices: known[name] ?? null,
    }));
  const { dialect: _dialect, limits: _limits, lifetimes: _lifetimes, ...plain } = settings;
  return [
    ...rows('', plain, defaultSettings, choices),
    ...groups.flatMap((group) =>
      rows(group, settings[group], defaultSettings[group], group === 'dialect' ? dialectChoices : {}),
    ),
  ];
}
