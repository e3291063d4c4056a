import { type ApiOptions, apiShape } from '../directory/api.ts';
import { type ClientOptions, clientShape } from '../directory/client.ts';
import { type EnrolledFactor, factorShape, type UserOptions } from '../directory/user-options.ts';
import { EmulatorError } from '../lib/emulator-error.ts';
import { assertShape } from '../lib/shape.ts';
import { removeEnrollment } from '../mfa/enrollment.ts';
import { forgetUser } from '../state/forget-user.ts';
import type { Tenant } from '../state/tenant.ts';
import { createUser, enroll, type User } from '../state/user.ts';
import { toUserOptions } from './export.ts';

/** A user as the control functions show one. */
export interface EmulatorUser {
  readonly username: string;
  readonly sub: string;
}

/** The tenant's users, clients and APIs. They can change at any time. A wrong option is a `TypeError` that names it. */
export interface Directory {
  users(): EmulatorUser[];
  /** Adds a user, or finds the one with this name and password; with another password it is a 409. */
  addUser(options: UserOptions): EmulatorUser;
  /** Changes a user. What is enrolled stays, unless the patch has `factors`. */
  updateUser(username: string, patch: Partial<UserOptions>): EmulatorUser;
  removeUser(username: string): void;
  /** Resets a user to the start and ends everything in progress for them. Other users are not affected. */
  resetUser(username: string): void;
  /** Enrols a factor at once, and returns the ids of its authenticators. */
  enroll(username: string, factor: EnrolledFactor): string[];
  /** Removes an authenticator and what was enrolled along with it. */
  unenroll(username: string, authenticatorId: string): void;
  clients(): ClientOptions[];
  /** Adds a client, or replaces the one with this id. */
  addClient(options: ClientOptions): void;
  removeClient(clientId: string): void;
  apis(): ApiOptions[];
  /** Adds an API, or replaces the one with this audience. */
  addApi(options: ApiOptions): void;
  removeApi(audience: string): void;
}

/** The directory of the current tenant. */
export function createDirectory(
  currentTenant: () => Tenant,
  initialUsers: readonly UserOptions[],
): Directory {
  const make = (options: UserOptions): User => {
    const { clock, settings } = currentTenant();
    return createUser(options, { now: clock.now(), factors: settings.factors });
  };
  const shown = ({ username, sub }: User): EmulatorUser => ({ username, sub });

  return {
    users: () => [...currentTenant().users.values()].map(shown),
    // Tests that share an emulator can each ask for their user.
    addUser(options) {
      const { users } = currentTenant();
      const user = make(options);
      const existing = users.get(user.username);
      if (existing === undefined) {
        assertNewSub(users, user);
        users.set(user.username, user);
        return shown(user);
      }
      if (existing.password === user.password) return shown(existing);
      throw new EmulatorError(409, 'conflict', `There is a user ${user.username} with another password`);
    },
    updateUser(username, patch) {
      const { users } = currentTenant();
      const user = requireUser(currentTenant(), username);
      if (patch.username !== undefined && patch.username !== username) {
        throw new TypeError('username cannot be changed: add another user');
      }
      const { factors: _enrolled, ...options } = toUserOptions(user);
      const changed = make({ ...options, ...patch });
      assertNewSub(new Map([...users].filter(([, other]) => other !== user)), changed);
      const { authenticators, createdAt: _now, ...members } = changed;
      Object.assign(user, members);
      if (patch.factors !== undefined)
        user.authenticators.splice(0, Number.POSITIVE_INFINITY, ...authenticators);
      return shown(user);
    },
    removeUser(username) {
      const tenant = currentTenant();
      forgetUser(tenant, requireUser(tenant, username));
      tenant.users.delete(username);
    },
    resetUser(username) {
      const tenant = currentTenant();
      const user = requireUser(tenant, username);
      const { factors: _enrolled, ...asItIs } = toUserOptions(user);
      const initial = initialUsers.find((options) => options.username === username) ?? asItIs;
      forgetUser(tenant, user);
      tenant.users.set(username, make(initial));
    },
    enroll(username, factor) {
      assertShape(factorShape, factor);
      const { clock, settings } = currentTenant();
      const user = requireUser(currentTenant(), username);
      const before = user.authenticators.length;
      enroll(user, [factor], { now: clock.now(), factors: settings.factors });
      return user.authenticators.slice(before).map(({ id }) => id);
    },
    unenroll(username, authenticatorId) {
      const tenant = currentTenant();
      const user = requireUser(tenant, username);
      const authenticator = user.authenticators.find(({ id }) => id === authenticatorId);
      if (authenticator === undefined) throw notFound(`${username} has no authenticator ${authenticatorId}`);
      removeEnrollment(tenant, user, authenticator.enrollment);
    },
    clients: () => [...currentTenant().clients.values()],
    addClient(options) {
      assertShape(clientShape, options);
      currentTenant().clients.set(options.clientId, options);
    },
    removeClient(clientId) {
      const tenant = currentTenant();
      if (!tenant.clients.delete(clientId)) throw notFound(`There is no client ${clientId}`);
      tenant.refreshTokens.revokeWhere((grant) => grant.clientId === clientId);
    },
    apis: () => [...currentTenant().apis.values()],
    addApi(options) {
      assertShape(apiShape, options);
      currentTenant().apis.set(options.audience, options);
    },
    removeApi(audience) {
      const tenant = currentTenant();
      if (!tenant.apis.delete(audience)) throw notFound(`There is no API ${audience}`);
      tenant.refreshTokens.revokeWhere((grant) => grant.audience === audience);
    },
  };
}

/** The user with this name, or a 404. */
export function requireUser(tenant: Tenant, username: string): User {
  const user = tenant.users.get(username);
  if (user === undefined) {
    throw notFound(`There is no user ${username}; make one with POST /_emulator/users`);
  }
  return user;
}

function assertNewSub(users: ReadonlyMap<string, User>, { sub }: User): void {
  const other = [...users.values()].find((user) => user.sub === sub);
  if (other !== undefined) {
    throw new EmulatorError(409, 'conflict', `The sub ${sub} is that of ${other.username}`);
  }
}

function notFound(description: string): EmulatorError {
  return new EmulatorError(404, 'not_found', description);
}
