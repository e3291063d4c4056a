import type { KeptState } from '../directory/kept-state.ts';
import type { Tenant } from './tenant.ts';

/** The parts of the state that outlive a run: refresh tokens and sessions. */
export function keepState(tenant: Tenant): KeptState {
  return {
    refreshTokens: tenant.refreshTokens.entries().map(({ grant, ...entry }) => ({
      ...entry,
      username: grant.user.username,
      clientId: grant.clientId,
      audience: grant.audience,
      scopes: grant.scopes,
      authTime: grant.authTime,
      ...(grant.sid !== undefined && { sid: grant.sid }),
      ...(grant.gty !== undefined && { gty: grant.gty }),
    })),
    sessions: tenant.sessions.entries().map(({ key, value: { user, ...session }, expiresAt }) => ({
      id: key,
      username: user.username,
      ...session,
      expiresAt,
    })),
  };
}

/** Restores what was kept, except for users who no longer exist. */
export function restoreState(tenant: Tenant, { refreshTokens, sessions }: KeptState): void {
  for (const { token, family, expiresAt, isUsed, username, sid, gty, ...rest } of refreshTokens) {
    const user = tenant.users.get(username);
    if (user === undefined) continue;
    const grant = { ...rest, user, ...(sid !== undefined && { sid }), ...(gty !== undefined && { gty }) };
    tenant.refreshTokens.restore({ token, family, expiresAt, isUsed, grant });
  }
  for (const { id, username, sid, authTime, mfaAt, expiresAt } of sessions) {
    const user = tenant.users.get(username);
    if (user === undefined) continue;
    const session = { user, sid, authTime, ...(mfaAt !== undefined && { mfaAt }) };
    tenant.sessions.set(id, session, expiresAt - tenant.clock.now());
  }
}
