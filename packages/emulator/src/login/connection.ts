import { html } from 'hono/html';
import {
  type BrowserRequest,
  cancelForm,
  loginForm,
  loginPage,
  requireLogin,
} from '../browser/browser-request.ts';
import { redirect } from '../browser/return-to-client.ts';
import { invalidRequest } from '../lib/emulator-error.ts';
import { optionalText, requiredText } from '../request/api-request.ts';
import type { Tenant } from '../state/tenant.ts';
import type { User } from '../state/user.ts';
import { type NamedLogin, proceed } from './proceed.ts';
import { newSession } from './tenant-session.ts';

/** The identity providers that users of the tenant come from. */
export function connectionsOf(tenant: Tenant): string[] {
  const connections = [...tenant.users.values()].flatMap(({ connection }) => connection ?? []);
  return [...new Set(connections)];
}

/**
 * Goes to the page of an identity provider, or past it, where the setting says that users do not see it. Nothing for a
 * connection of the tenant's own, whose users have passwords.
 */
export async function beginFederated(
  browser: BrowserRequest,
  named: NamedLogin,
  connection: string,
): Promise<Response | undefined> {
  const { tenant } = browser;
  const users = usersOf(tenant, connection);
  if (users.length === 0) return undefined;
  const { loginHint } = named.login.request;
  const hinted = users.find(({ username, email }) => [username, email].includes(loginHint ?? ''));
  const user = hinted ?? users[0];
  if (tenant.settings.federatedLogin === 'silent' && user !== undefined) {
    return enter(browser, named, user);
  }
  const query = new URLSearchParams({ state: named.id, connection });
  return redirect(`${tenant.basePath}/u/connection?${query}`);
}

/** `GET /u/connection`: the page of the identity provider, with a button for each of its users. */
export function getConnection(request: BrowserRequest): Response {
  requireLogin(request);
  const connection = requiredText(request.params, 'connection');
  const forms = usersOf(request.tenant, connection).map((user) =>
    loginForm(
      request,
      '/u/connection',
      html`<input type="hidden" name="connection" value="${connection}">
<button class="other" name="username" value="${user.username}">Continue as ${user.name}</button>`,
    ),
  );
  return loginPage(request, {
    title: connection,
    intro: 'The page of another identity provider: it knows you already.',
    content: html`${forms}
${cancelForm(request)}`,
  });
}

/** `POST /u/connection`: from the login page to the provider's, or from there on. */
export async function postConnection(request: BrowserRequest): Promise<Response> {
  const named = requireLogin(request);
  const connection = requiredText(request.params, 'connection');
  const username = optionalText(request.params, 'username');
  const user = usersOf(request.tenant, connection).find((each) => each.username === username);
  if (user !== undefined) return enter(request, named, user);
  const next = await beginFederated(request, named, connection);
  if (next === undefined) throw invalidRequest(`Nobody comes from ${connection}`);
  return next;
}

/** The round trip alone is a new login, whether the provider asked the user or not. */
function enter(browser: BrowserRequest, named: NamedLogin, user: User): Promise<Response> {
  named.login.session = newSession(browser.tenant, user);
  return proceed(browser, named);
}

function usersOf(tenant: Tenant, connection: string): User[] {
  return [...tenant.users.values()].filter((user) => user.connection === connection);
}
