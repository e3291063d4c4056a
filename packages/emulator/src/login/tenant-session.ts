import { randomId } from '../lib/random.ts';
import type { TenantSession } from '../state/login-state.ts';
import type { Tenant } from '../state/tenant.ts';
import type { User } from '../state/user.ts';

/** The cookie by which a browser is known, named as Auth0's. */
export const sessionCookie = 'auth0';

function attributes({ basePath }: Tenant): string {
  return `Path=${basePath}/; HttpOnly; SameSite=Lax`;
}

/** Begins a session; the header sets its cookie. */
export function beginSession(
  tenant: Tenant,
  user: User,
): { readonly session: TenantSession; readonly setCookie: string } {
  const id = randomId(tenant.randomBytes, 32);
  const session = { sid: randomId(tenant.randomBytes, 24), user, authTime: tenant.clock.now() };
  const { sessionMs } = tenant.settings.lifetimes;
  tenant.sessions.set(id, session, sessionMs);
  const maxAge = Math.ceil(sessionMs / 1000);
  return { session, setCookie: `${sessionCookie}=${id}; Max-Age=${maxAge}; ${attributes(tenant)}` };
}

/** Ends the session of a browser; the header takes its cookie away. */
export function endSession(tenant: Tenant, id: string | undefined): string {
  if (id !== undefined) tenant.sessions.delete(id);
  return `${sessionCookie}=; Max-Age=0; ${attributes(tenant)}`;
}
