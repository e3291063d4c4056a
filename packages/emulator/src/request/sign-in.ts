import { invalidGrant } from '../lib/emulator-error.ts';
import { recordEvent } from '../logs/record-event.ts';
import type { User } from '../state/user.ts';
import { type ApiRequest, visitorOf } from './api-request.ts';
import { assertWithinLimit, takeUnit } from './enforce-limit.ts';

/** A name and a password, and the client that they were given to. */
export interface Credentials {
  readonly name: string;
  readonly password: string;
  readonly clientId: string;
}

/** The user with this name or address and password; 403 `invalid_grant`, and 429 after too many wrong ones. */
export function signIn(
  { tenant, headers }: Pick<ApiRequest, 'tenant' | 'headers'>,
  { name, password, clientId }: Credentials,
): User {
  const user = tenant.users.get(name) ?? [...tenant.users.values()].find(({ email }) => email === name);
  const facts = { user, username: name, clientId, visitor: visitorOf(headers) };
  assertWithinLimit(tenant, 'wrongPasswords', name, facts);
  if (user !== undefined && user.password === password) return user;
  takeUnit(tenant, 'wrongPasswords', name);
  const error = invalidGrant('Wrong email or password.');
  recordEvent(tenant, user === undefined ? 'fu' : 'fp', { ...facts, description: error.message });
  throw error;
}
