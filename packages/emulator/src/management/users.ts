import { createDirectory, type Directory } from '../admin/directory.ts';
import type { UserOptions } from '../directory/user-options.ts';
import { EmulatorError, invalidRequest } from '../lib/emulator-error.ts';
import { type Params, parseBody } from '../request/api-request.ts';
import { toJsonResponse } from '../request/json-response.ts';
import { findUser, type Tenant } from '../state/tenant.ts';
import { activeAuthenticators, type User } from '../state/user.ts';
import { assertScope, type ManagementApp } from './management-request.ts';

/** Users: listing, finding, adding, changing and removing them. */
export function addUserRoutes(app: ManagementApp): void {
  app.get('/users', async (c) => {
    await assertScope(c.env.tenant, c.req.raw, 'read:users');
    const users = [...c.env.tenant.users.values()].map(toUser);
    const hasTotals = c.req.query('include_totals') === 'true';
    return toJsonResponse(
      200,
      hasTotals ? { start: 0, limit: users.length, length: users.length, total: users.length, users } : users,
    );
  });
  app.get('/users-by-email', async (c) => {
    await assertScope(c.env.tenant, c.req.raw, 'read:users');
    const users = [...c.env.tenant.users.values()].filter(({ email }) => email === c.req.query('email'));
    return toJsonResponse(200, users.map(toUser));
  });
  app.post('/users', async (c) => {
    const { tenant, body } = c.env;
    await assertScope(tenant, c.req.raw, 'create:users');
    const options = toOptions(parseBody(body, 'application/json'));
    if (tenant.users.has(options.username))
      throw new EmulatorError(409, 'auth0_idp_error', 'The user already exists.');
    directoryOf(tenant).addUser(options);
    return toJsonResponse(201, toUser(tenant.users.get(options.username) as User));
  });
  app.get('/users/:id', async (c) => {
    await assertScope(c.env.tenant, c.req.raw, 'read:users');
    return toJsonResponse(200, toUser(requireSub(c.env.tenant, c.req.param('id'))));
  });
  app.patch('/users/:id', async (c) => {
    const { tenant, body } = c.env;
    await assertScope(tenant, c.req.raw, 'update:users');
    const user = requireSub(tenant, c.req.param('id'));
    directoryOf(tenant).updateUser(user.username, toPatch(parseBody(body, 'application/json')));
    return toJsonResponse(200, toUser(user));
  });
  app.delete('/users/:id', async (c) => {
    const { tenant } = c.env;
    await assertScope(tenant, c.req.raw, 'delete:users');
    const user = findUser(tenant, c.req.param('id'));
    if (user !== undefined) directoryOf(tenant).removeUser(user.username);
    return new Response(null, { status: 204 });
  });
}

/** The user with this id, or a 404 in the API's words. */
export function requireSub(tenant: Tenant, sub: string): User {
  const user = findUser(tenant, sub);
  if (user === undefined) throw new EmulatorError(404, 'inexistent_user', 'The user does not exist.');
  return user;
}

function directoryOf(tenant: Tenant): Directory {
  return createDirectory(() => tenant, []);
}

function toUser(user: User): Record<string, unknown> {
  const { sub, username, email, emailVerified, name, nickname, picture, createdAt, updatedAt, phoneNumber } =
    user;
  const [provider = '', id = ''] = sub.split('|');
  return {
    user_id: sub,
    username,
    email,
    email_verified: emailVerified,
    name,
    nickname,
    picture,
    ...(phoneNumber !== undefined && { phone_number: phoneNumber }),
    created_at: new Date(createdAt).toISOString(),
    updated_at: new Date(updatedAt).toISOString(),
    identities: [
      {
        connection: user.connection ?? 'Username-Password-Authentication',
        provider,
        user_id: id,
        isSocial: user.connection !== undefined,
      },
    ],
    multifactor: activeAuthenticators(user).some(({ isImplicit }) => !isImplicit) ? ['guardian'] : [],
  };
}

/** The user options in a request. Unknown members are refused by name. */
function toOptions(params: Params): UserOptions {
  const { connection, user_id: id, username, password, ...rest } = params;
  if (typeof connection !== 'string') throw invalidRequest('connection is missing');
  const name = typeof username === 'string' ? username : rest.email;
  if (typeof name !== 'string') throw invalidRequest('username or email is missing');
  const isOwn = connection.startsWith('Username-Password');
  return {
    username: name,
    ...(typeof password === 'string' && { password }),
    ...(!isOwn && { connection }),
    ...(typeof id === 'string' && { sub: `${isOwn ? 'auth0' : connection}|${id}` }),
    ...toPatch(rest),
  };
}

const members: Readonly<Record<string, keyof UserOptions>> = {
  email: 'email',
  email_verified: 'emailVerified',
  name: 'name',
  nickname: 'nickname',
  picture: 'picture',
  phone_number: 'phoneNumber',
  password: 'password',
};

/** The members that the emulator keeps. Metadata and other members are refused. */
function toPatch(params: Params): Partial<UserOptions> {
  const ignored = ['connection', 'client_id', 'verify_email', 'phone_verified'];
  const entries = Object.entries(params).filter(([name]) => !ignored.includes(name));
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const member = members[name];
      if (member === undefined) throw invalidRequest(`The emulator keeps no ${name} of users`);
      return [member, value];
    }),
  );
}
