import { html } from 'hono/html';
import { EmulatorError } from '../lib/emulator-error.ts';
import { randomId } from '../lib/random.ts';
import { optionalText, requiredText } from '../request/api-request.ts';
import { signIn } from '../request/sign-in.ts';
import type { AuthorizationRequest } from '../state/login-state.ts';
import { type BrowserRequest, issueCode } from './authorize.ts';
import { pageResponse } from './page.ts';
import { beginSession, endSession } from './tenant-session.ts';

/** `GET /u/login`: the login page of an authorization request. */
export function getLogin(request: BrowserRequest): Response {
  return loginPage(request, requireLogin(request));
}

/** `POST /u/login`: signs in and goes back to the client, or shows the page again with what was wrong. */
export function postLogin(request: BrowserRequest): Response {
  const { tenant, params } = request;
  const authorization = requireLogin(request);
  try {
    const user = signIn(tenant, requiredText(params, 'username'), requiredText(params, 'password'));
    tenant.logins.delete(requiredText(params, 'state'));
    // A new login is a new session, also in a browser that has one.
    endSession(tenant, request.sessionId);
    const { session, setCookie } = beginSession(tenant, user);
    const response = issueCode(tenant, session, authorization);
    response.headers.append('set-cookie', setCookie);
    return response;
  } catch (error) {
    if (!(error instanceof EmulatorError)) throw error;
    return loginPage(request, authorization, error);
  }
}

function requireLogin({ tenant, params }: BrowserRequest): AuthorizationRequest {
  const authorization = tenant.logins.get(requiredText(params, 'state'));
  if (authorization !== undefined) return authorization;
  throw new EmulatorError(
    400,
    'invalid_request',
    'This login has ended, or was never begun: go back to the application and sign in from there',
  );
}

function loginPage(
  { tenant, params }: BrowserRequest,
  { client, loginHint }: AuthorizationRequest,
  error?: EmulatorError,
): Response {
  const username = error === undefined ? loginHint : optionalText(params, 'username');
  const body = html`<img class="mark" src="/_emulator/assets/icon.svg" alt="">
<h1>Sign in</h1>
<p>to go on to ${client.name ?? client.clientId}</p>
${error === undefined ? '' : html`<p class="error" role="alert">${error.message}</p>`}
<form method="post" action="${tenant.basePath}/u/login">
<input type="hidden" name="state" value="${requiredText(params, 'state')}">
<label for="username">Username or e-mail address</label>
<input id="username" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="254" required value="${username ?? ''}"${username === undefined ? ' autofocus' : ''}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" required${username === undefined ? '' : ' autofocus'}>
<button>Sign in</button>
</form>
<p class="note">A login page for the desk: enter no real password here.</p>`;
  // As Auth0's page, which answers every wrong password with 400.
  const status = error === undefined ? 200 : error.status === 403 ? 400 : error.status;
  return pageResponse({ title: 'Sign in', body, nonce: randomId(tenant.randomBytes, 16), status });
}
