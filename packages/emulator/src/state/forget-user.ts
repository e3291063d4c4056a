import type { Tenant } from './tenant.ts';
import type { User } from './user.ts';

/**
 * Ends everything that is going on for a user: logins, challenges, pushes, messages, tokens that can be renewed, and used
 * limits. What is enrolled stays.
 */
export function forgetUser(tenant: Tenant, user: User): void {
  const isTheirs = (grant: { readonly user: User }): boolean => grant.user === user;
  for (const [token, { grant }] of tenant.transactions) {
    if (isTheirs(grant)) tenant.transactions.delete(token);
  }
  for (const [code, { transaction }] of tenant.oobCodes) {
    if (isTheirs(transaction.grant)) tenant.oobCodes.delete(code);
  }
  for (const [id, { grant }] of tenant.cibaRequests) {
    if (isTheirs(grant)) tenant.cibaRequests.delete(id);
  }
  keep(tenant.waitingCodes, (code) => !isTheirs(code));
  keep(tenant.notifications, ({ user: owner }) => owner !== user);
  keep(tenant.inbox, ({ username }) => username !== user.username);
  tenant.refreshTokens.revokeWhere(isTheirs);
  tenant.authorizationCodes.deleteWhere(({ grant }) => isTheirs(grant));
  tenant.logins.deleteWhere(({ session }) => session !== undefined && isTheirs(session));
  tenant.tickets.deleteWhere(({ transaction }) => isTheirs(transaction.grant));
  tenant.sessions.deleteWhere(isTheirs);
  tenant.rememberedBrowsers.deleteWhere(isTheirs);
  for (const key of [user.sub, user.username, user.email]) tenant.limits.forget(key);
}

/** Removes the items of a list that are not to be kept. */
export function keep<T>(list: T[], isKept: (item: T) => boolean): void {
  list.splice(0, list.length, ...list.filter(isKept));
}
