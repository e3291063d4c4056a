import { exportJWK } from 'jose';
import type { KeptState } from '../directory/kept-state.ts';
import type { TenantConfig } from '../directory/options.ts';
import type { EnrolledFactor, UserOptions } from '../directory/user-options.ts';
import type { Authenticator } from '../state/authenticator.ts';
import { keepState } from '../state/kept-state.ts';
import type { Tenant } from '../state/tenant.ts';
import type { User } from '../state/user.ts';

/** A tenant as it is kept between two runs. It holds every secret of the tenant. */
export interface TenantExport {
  readonly version: 1;
  readonly config: TenantConfig;
  readonly state: KeptState;
}

/**
 * The tenant as it is now: users with what they enrolled, clients, APIs, settings, the signing key, refresh tokens and
 * sessions of browsers. What lives for minutes (challenges, codes, open pages, started enrolments) is left out.
 */
export async function exportTenant(tenant: Tenant, fixed: TenantConfig): Promise<TenantExport> {
  const { kid, privateKey } = await tenant.signingKeys();
  const { mfaRequirements, ...settings } = tenant.settings;
  return {
    version: 1,
    config: {
      ...fixed,
      apis: [...tenant.apis.values()],
      clients: [...tenant.clients.values()],
      users: [...tenant.users.values()].map(toUserOptions),
      signingKey: { ...(await exportJWK(privateKey)), kid },
      ...settings,
      ...(mfaRequirements !== undefined && { mfaRequirements }),
    },
    state: keepState(tenant),
  };
}

/** The options that make this user again, with what is enrolled. */
export function toUserOptions(user: User): UserOptions {
  const { username, password, sub, email, emailVerified, name, nickname, picture } = user;
  const { phoneNumber, claims, connection, organizations, authenticators } = user;
  return {
    username,
    ...(password !== undefined && { password }),
    sub,
    email,
    emailVerified,
    name,
    nickname,
    picture,
    ...(phoneNumber !== undefined && { phoneNumber }),
    ...(Object.keys(claims).length > 0 && { claims }),
    ...(connection !== undefined && { connection }),
    ...(organizations.length > 0 && { organizations }),
    factors: authenticators.flatMap((row) => toEnrolledFactor(row, authenticators)),
  };
}

/** One entry for each confirmed enrolment. A row that came along with another one has no entry. */
function toEnrolledFactor(row: Authenticator, rows: readonly Authenticator[]): EnrolledFactor[] {
  const { id, factor, enrollment, isConfirmed, isImplicit, address, phone, secret, recoveryCode } = row;
  const first = rows.find((each) => each.enrollment === enrollment);
  if (!isConfirmed || isImplicit || first !== row) return [];
  const along = rows.find((each) => each.enrollment === enrollment && each.secret !== undefined);
  const shared = secret ?? along?.secret;
  return [
    {
      factor,
      device: id.slice(-16),
      ...(address !== undefined && (factor === 'email' ? { email: address } : { phoneNumber: address })),
      ...(shared !== undefined && { secret: shared }),
      ...(phone !== undefined && { phone }),
      ...(recoveryCode !== undefined && { code: recoveryCode }),
    },
  ];
}
