import { html, raw } from 'hono/html';
import { randomId } from '../lib/random.ts';
import type { ReturnTarget } from '../state/login-state.ts';
import type { Tenant } from '../state/tenant.ts';
import { pageResponse } from './page.ts';
import { withFragment, withQuery } from './return-url.ts';

/** What goes back to a client. */
export type Answer = Readonly<Record<string, string>>;

/** A redirect that tells caches and other sites nothing. */
export function redirect(location: string): Response {
  return new Response(null, {
    status: 302,
    headers: { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
  });
}

/**
 * Sends the browser back to the client in the way that it asked for: by redirect, by a form that posts itself (OAuth 2.0
 * Form Post Response Mode), or by a message to the window that opened or holds this one.
 */
export function returnToClient(tenant: Tenant, target: ReturnTarget, answer: Answer): Response {
  const { redirectUri, responseMode, state } = target;
  const isStateless = answer.error !== undefined && tenant.settings.dialect.authorizeErrorState === 'absent';
  const members = {
    ...answer,
    ...(state !== undefined && !isStateless && { state }),
    ...(tenant.settings.issParameter && { iss: tenant.issuer() }),
  };
  switch (responseMode) {
    case 'query':
      return redirect(withQuery(redirectUri, members));
    case 'fragment':
      return redirect(withFragment(redirectUri, members));
    case 'form_post':
      return formPost(tenant, redirectUri, members);
    case 'web_message':
      return webMessage(tenant, redirectUri, members);
  }
}

function formPost(tenant: Tenant, redirectUri: string, members: Answer): Response {
  const nonce = randomId(tenant.randomBytes, 16);
  const inputs = Object.entries(members).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
  const body = html`<form method="post" action="${redirectUri}">${inputs}
<noscript><p>One more step, as this browser runs no scripts.</p><button class="yes">Continue</button></noscript>
</form>
<script nonce="${nonce}">document.forms[0].submit();</script>`;
  return pageResponse({ title: 'Signing in', body, nonce, scripted: true });
}

/** For popups and hidden frames: only the client's page that opened this one gets the response. */
function webMessage(tenant: Tenant, redirectUri: string, response: Answer): Response {
  const nonce = randomId(tenant.randomBytes, 16);
  const { origin } = new URL(redirectUri);
  const message = asScript({ type: 'authorization_response', response });
  const body = html`<p>Signing in …</p>
<script nonce="${nonce}">(window.opener || window.parent).postMessage(${raw(message)}, ${raw(asScript(origin))});</script>`;
  return pageResponse({ title: 'Signing in', body, nonce, scripted: true, framedBy: origin });
}

/** JSON that is safe inside a script element. */
function asScript(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
