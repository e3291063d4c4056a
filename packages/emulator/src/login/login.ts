import { html } from 'hono/html';
import {
  type BrowserRequest,
  cancelForm,
  loginForm,
  loginPage,
  requireLogin,
} from '../browser/browser-request.ts';
import type { Html } from '../browser/page.ts';
import { returnToClient } from '../browser/return-to-client.ts';
import { EmulatorError } from '../lib/emulator-error.ts';
import { recordEvent } from '../logs/record-event.ts';
import { optionalText, requiredText, visitorOf } from '../request/api-request.ts';
import { signIn } from '../request/sign-in.ts';
import { connectionsOf } from './connection.ts';
import { type NamedLogin, proceed } from './proceed.ts';
import { newSession } from './tenant-session.ts';

/** `GET /u/login`: the login page of an authorization request. */
export function getLogin(request: BrowserRequest): Response {
  return passwordPage(request, requireLogin(request));
}

/** `POST /u/login`: signs in and goes on, or shows the page again with what was wrong. */
export async function postLogin(request: BrowserRequest): Promise<Response> {
  const { tenant, params } = request;
  const named = requireLogin(request);
  try {
    const user = signIn(request, {
      name: requiredText(params, 'username'),
      password: requiredText(params, 'password'),
      clientId: named.login.request.client.clientId,
    });
    named.login.session = newSession(tenant, user);
  } catch (error) {
    if (!(error instanceof EmulatorError)) throw error;
    return passwordPage(request, named, error);
  }
  return goOn(request, named);
}

/** Continues a login. Errors go to the client. */
export async function goOn(request: BrowserRequest, named: NamedLogin): Promise<Response> {
  try {
    return await proceed(request, named);
  } catch (error) {
    if (!(error instanceof EmulatorError)) throw error;
    request.tenant.logins.delete(named.id);
    recordFailure(request, named, error);
    const answer = { error: error.code, error_description: error.message };
    return returnToClient(request.tenant, named.login.request, answer);
  }
}

/** A login that ended in an error. */
function recordFailure(
  { tenant, headers }: BrowserRequest,
  { login: { request, session } }: NamedLogin,
  error: EmulatorError,
): void {
  recordEvent(tenant, request.prompt === 'none' ? 'fsa' : 'f', {
    user: session?.user,
    clientId: request.client.clientId,
    audience: request.audience,
    scopes: request.scopes,
    visitor: visitorOf(headers),
    description: error.message,
  });
}

function passwordPage(
  request: BrowserRequest,
  { login: { request: asked } }: NamedLogin,
  error?: EmulatorError,
): Response {
  const { client, loginHint } = asked;
  const username = error === undefined ? loginHint : optionalText(request.params, 'username');
  const fields = html`<label for="username">Username or e-mail address</label>
<input id="username" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="254" required value="${username ?? ''}"${username === undefined ? ' autofocus' : ''}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" required${username === undefined ? '' : ' autofocus'}>
<button>Sign in</button>`;
  const content = html`${loginForm(request, '/u/login', fields)}
${connectionForms(request)}
${cancelForm(request)}
<p class="note">A login page for the desk: enter no real password here.</p>`;
  const intro = `to go on to ${client.name ?? client.clientId}`;
  return loginPage(request, { title: 'Sign in', intro, content, error });
}

/** One button for each identity provider that a user comes from. */
function connectionForms(request: BrowserRequest): Html[] {
  return connectionsOf(request.tenant).map((connection) =>
    loginForm(
      request,
      '/u/connection',
      html`<input type="hidden" name="connection" value="${connection}">
<button class="other">Continue with ${connection}</button>`,
    ),
  );
}
