import { html } from 'hono/html';
import { randomId } from '../lib/random.ts';
import type { ReturnTarget } from '../state/login-state.ts';
import type { Tenant } from '../state/tenant.ts';
import { pageResponse } from './page.ts';
import { withQuery } from './return-url.ts';

/** A redirect by which nothing is told to caches or other sites. */
export function redirect(location: string): Response {
  return new Response(null, {
    status: 302,
    headers: { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
  });
}

/** Sends the browser back to the client: by redirect, or by a form that posts itself (OAuth 2.0 Form Post Response Mode). */
export function returnToClient(
  tenant: Tenant,
  { redirectUri, responseMode, state }: ReturnTarget,
  answer: Readonly<Record<string, string>>,
): Response {
  const members = { ...answer, ...(state !== undefined && { state }) };
  if (responseMode === 'query') return redirect(withQuery(redirectUri, members));
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
