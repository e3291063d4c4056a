import { randomId } from '../lib/random.ts';
import type { TenantSession } from '../state/login-state.ts';
import type { Tenant } from '../state/tenant.ts';
import type { User } from '../state/user.ts';

/** The cookie by which a browser is known, named as Auth0's. */
export const sessionCookie = 'auth0';

/** The cookie of a browser with which a second factor was passed, named as Auth0's. */
export const rememberedCookie = 'auth0-mf';

/** A session that begins with a login; it counts once it is kept. */
export function newSession(tenant: Tenant, user: User): TenantSession {
  return { sid: randomId(tenant.randomBytes, 24), user, authTime: tenant.clock.now() };
}

/** Keeps a session; the header sets its cookie. */
export function keepSession(tenant: Tenant, session: TenantSession): string {
  const id = randomId(tenant.randomBytes, 32);
  const { sessionMs } = tenant.settings.lifetimes;
  tenant.sessions.set(id, session, sessionMs);
  return toCookie(tenant, sessionCookie, id, sessionMs);
}

/** Ends the session of a browser; the header takes its cookie away. */
export function endSession(tenant: Tenant, id: string | undefined): string {
  if (id !== undefined) tenant.sessions.delete(id);
  return toCookie(tenant, sessionCookie, '', 0);
}

/** Remembers that a user has passed a second factor with this browser; the header sets its cookie. */
export function rememberBrowser(tenant: Tenant, user: User): string {
  const id = randomId(tenant.randomBytes, 32);
  const { rememberedBrowserMs } = tenant.settings.lifetimes;
  tenant.rememberedBrowsers.set(id, { user }, rememberedBrowserMs);
  return toCookie(tenant, rememberedCookie, id, rememberedBrowserMs);
}

/** Over HTTPS the cookies also go with hidden frames in pages of other sites, which renew tokens silently. */
function toCookie(tenant: Tenant, name: string, value: string, lifetimeMs: number): string {
  const isSecure = tenant.issuer().startsWith('https:');
  const site = isSecure ? 'SameSite=None; Secure' : 'SameSite=Lax';
  const maxAge = Math.ceil(lifetimeMs / 1000);
  return `${name}=${value}; Max-Age=${maxAge}; Path=${tenant.basePath}/; HttpOnly; ${site}`;
}
