import type { EmulatorControl } from './emulator-control.ts';

/**
 * What an app is told to use the tenant at `url`: the variables that Auth0's own examples read. The client is the first
 * one with a secret, or the first one.
 */
export function toEnvironment(control: EmulatorControl, url: string): Record<string, string> {
  const clients = control.clients();
  const client = clients.find(({ clientSecret }) => clientSecret !== undefined) ?? clients[0];
  const issuer = new URL(control.issuer);
  const audience = control.apis()[0]?.audience;
  return {
    STEPGATE_EMULATOR_URL: url,
    STEPGATE_EMULATOR_PHONE_URL: new URL('_emulator/phone', url).href,
    AUTH0_ISSUER: issuer.href,
    AUTH0_ISSUER_BASE_URL: issuer.href.replace(/\/$/, ''),
    AUTH0_DOMAIN: `${issuer.host}${issuer.pathname}`.replace(/\/$/, ''),
    ...(client !== undefined && { AUTH0_CLIENT_ID: client.clientId }),
    ...(client?.clientSecret !== undefined && { AUTH0_CLIENT_SECRET: client.clientSecret }),
    ...(audience !== undefined && { AUTH0_AUDIENCE: audience }),
  };
}
