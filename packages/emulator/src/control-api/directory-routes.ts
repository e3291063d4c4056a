import type { Hono } from 'hono';
import type { Directory } from '../admin/directory.ts';
import type { ApiOptions } from '../directory/api.ts';
import type { ClientOptions } from '../directory/client.ts';
import type { EnrolledFactor, UserOptions } from '../directory/user-options.ts';
import { toJsonResponse } from '../request/json-response.ts';
import { parseControlBody, reply, toCamelCase } from './wire.ts';

type App = Hono<{ Bindings: { readonly body: string } }>;

/**
 * Users, clients and APIs over the control API. Values are checked by the directory itself, which names what is unknown
 * or wrong.
 */
export function addDirectoryRoutes(app: App, directory: Directory): void {
  addUserRoutes(app, directory);
  app.get('/clients', () => reply(directory.clients()));
  app.post('/clients', (c) => {
    const client = bodyOf<ClientOptions>(c.env);
    directory.addClient(client);
    return reply(client, 201);
  });
  app.delete('/clients/:id', (c) => done(() => directory.removeClient(c.req.param('id'))));
  app.get('/apis', () => reply(directory.apis()));
  app.post('/apis', (c) => {
    const api = bodyOf<ApiOptions>(c.env);
    directory.addApi(api);
    return reply(api, 201);
  });
  app.delete('/apis/:audience', (c) => done(() => directory.removeApi(c.req.param('audience'))));
}

function addUserRoutes(app: App, directory: Directory): void {
  app.get('/users', () => reply(directory.users()));
  app.post('/users', (c) => reply(directory.addUser(bodyOf<UserOptions>(c.env)), 201));
  app.patch('/users/:username', (c) =>
    reply(directory.updateUser(c.req.param('username'), bodyOf<Partial<UserOptions>>(c.env))),
  );
  app.delete('/users/:username', (c) => done(() => directory.removeUser(c.req.param('username'))));
  app.post('/users/:username/reset', (c) => done(() => directory.resetUser(c.req.param('username'))));
  app.post('/users/:username/factors', (c) => {
    const ids = directory.enroll(c.req.param('username'), bodyOf<EnrolledFactor>(c.env));
    return reply({ ids }, 201);
  });
  app.delete('/users/:username/factors/:id', (c) => {
    const { username, id } = c.req.param();
    return done(() => directory.unenroll(username, id));
  });
}

function bodyOf<T>({ body }: { readonly body: string }): T {
  return toCamelCase(parseControlBody(body)) as T;
}

function done(act: () => void): Response {
  act();
  return toJsonResponse(200, {});
}
