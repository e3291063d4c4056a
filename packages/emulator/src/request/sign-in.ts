import { invalidGrant } from '../lib/emulator-error.ts';
import type { Tenant } from '../state/tenant.ts';
import type { User } from '../state/user.ts';
import { assertWithinLimit, takeUnit } from './enforce-limit.ts';

/** The user with this name or address and password; 403 `invalid_grant`, and 429 after too many wrong ones. */
export function signIn(tenant: Tenant, name: string, password: string): User {
  assertWithinLimit(tenant, 'wrongPasswords', name);
  const user = tenant.users.get(name) ?? [...tenant.users.values()].find(({ email }) => email === name);
  if (user !== undefined && user.password === password) return user;
  takeUnit(tenant, 'wrongPasswords', name);
  throw invalidGrant('Wrong email or password.');
}
