import { html } from 'hono/html';
import {
  type BrowserRequest,
  cancelForm,
  loginForm,
  loginPage,
  requireLogin,
} from '../browser/browser-request.ts';
import { goOn } from './login.ts';

/** `GET /u/consent`: shows what the request is about, its `authorization_details`. */
export function getConsent(request: BrowserRequest): Response {
  const { login } = requireLogin(request);
  const { client, details = [] } = login.request;
  const items = details.map((detail) => html`<pre class="detail">${JSON.stringify(detail, null, 2)}</pre>`);
  return loginPage(request, {
    title: 'Do you agree?',
    intro: `${client.name ?? client.clientId} asks for your consent`,
    content: html`${items}
${loginForm(request, '/u/consent', html`<button>Accept</button>`)}
${cancelForm(request)}`,
  });
}

/** `POST /u/consent`: the user agrees. Otherwise they cancel. */
export function postConsent(request: BrowserRequest): Promise<Response> {
  const named = requireLogin(request);
  if (named.login.session !== undefined) named.login.hasConsent = true;
  return goOn(request, named);
}
