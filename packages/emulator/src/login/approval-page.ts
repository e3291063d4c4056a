import { html } from 'hono/html';
import { type BrowserRequest, loginPage } from '../browser/browser-request.ts';
import { EmulatorError, invalidRequest } from '../lib/emulator-error.ts';
import { recordEvent } from '../logs/record-event.ts';
import { optionalText, requiredText } from '../request/api-request.ts';
import { signIn } from '../request/sign-in.ts';
import type { CibaRequest } from '../state/ciba-request.ts';
import type { Tenant } from '../state/tenant.ts';

/** `GET /u/approve`: the page behind the link in an e-mail. It shows the request and asks for the password. */
export function getApproval(request: BrowserRequest): Response {
  return approvalPage(request, requireWaiting(request));
}

/** `POST /u/approve`: the answer of the user, who signs in with it. */
export function postApproval(request: BrowserRequest): Response {
  const { tenant, params } = request;
  const ciba = requireWaiting(request);
  const { user, clientId } = ciba.grant;
  const decision = requiredText(params, 'decision');
  if (decision !== 'approved' && decision !== 'denied')
    throw invalidRequest('decision is approved or denied');
  try {
    if (user.password !== undefined) {
      signIn(request, { name: user.username, password: requiredText(params, 'password'), clientId });
    }
  } catch (error) {
    if (!(error instanceof EmulatorError)) throw error;
    return approvalPage(request, ciba, error);
  }
  ciba.answer = decision;
  recordEvent(tenant, decision === 'approved' ? 'gd_auth_succeed' : 'gd_auth_rejected', { user, clientId });
  ciba.answered?.();
  return loginPage(request, {
    title: decision === 'approved' ? 'Approved' : 'Denied',
    intro: 'You can close this page.',
    content: html``,
  });
}

function approvalPage(
  request: BrowserRequest,
  { grant, shows }: CibaRequest,
  error?: EmulatorError,
): Response {
  const { tenant, params } = request;
  const { user, clientId } = grant;
  const details =
    shows?.details === undefined ? '' : html`<pre>${JSON.stringify(shows.details, null, 2)}</pre>`;
  const password =
    user.password === undefined
      ? ''
      : html`<label for="password">Password of ${user.username}</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" required>`;
  return loginPage(request, {
    title: 'Do you approve this?',
    intro: `${tenant.clients.get(clientId)?.name ?? clientId} asks.`,
    content: html`<p><strong>${shows?.message ?? ''}</strong></p>
${details}
<form method="post" action="${tenant.basePath}/u/approve">
<input type="hidden" name="id" value="${requiredText(params, 'id')}">
${password}
<button name="decision" value="approved">Approve</button>
<button class="other" name="decision" value="denied">Deny</button>
</form>`,
    error,
  });
}

function requireWaiting({ tenant, params }: BrowserRequest): CibaRequest {
  const request = find(tenant, optionalText(params, 'id'));
  if (request !== undefined && request.answer === 'pending' && request.expiresAt > tenant.clock.now()) {
    return request;
  }
  throw invalidRequest('This request was answered, or has expired');
}

function find(tenant: Tenant, consentId: string | undefined): CibaRequest | undefined {
  const requests = [...tenant.cibaRequests.values()];
  return requests.find(({ channel, shows }) => channel === 'email' && shows?.consentId === consentId);
}
