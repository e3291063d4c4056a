import { html } from 'hono/html';
import { EmulatorError } from '../lib/emulator-error.ts';
import { randomId } from '../lib/random.ts';
import { type ApiRequest, requiredText } from '../request/api-request.ts';
import type { OpenLogin } from '../state/login-state.ts';
import { type Html, pageResponse } from './page.ts';

/** A request of a browser, which may be known by its cookies. */
export interface BrowserRequest extends ApiRequest {
  readonly sessionId: string | undefined;
  /** Names a browser with which a second factor was passed. */
  readonly rememberedId: string | undefined;
}

/** The login that a page belongs to, with the name it goes by in forms. */
export function requireLogin({ tenant, params }: BrowserRequest): {
  readonly id: string;
  readonly login: OpenLogin;
} {
  const id = requiredText(params, 'state');
  const login = tenant.logins.get(id);
  if (login !== undefined) return { id, login };
  throw new EmulatorError(
    400,
    'invalid_request',
    'This login has ended, or was never begun: go back to the application and sign in from there',
  );
}

/** A page of a login. Errors are said on it with the status of Auth0's pages, which answer what is wrong with 400. */
export function loginPage(
  { tenant }: BrowserRequest,
  page: {
    readonly title: string;
    readonly intro: string;
    readonly content: Html;
    readonly error?: EmulatorError | undefined;
    readonly refreshSeconds?: number;
  },
): Response {
  const { title, intro, content, error, refreshSeconds } = page;
  const body = html`<img class="mark" src="/_emulator/assets/icon.svg" alt="">
<h1>${title}</h1>
<p>${intro}</p>
${error === undefined ? '' : html`<p class="error" role="alert">${error.message}</p>`}
${content}`;
  return pageResponse({
    title,
    body,
    nonce: randomId(tenant.randomBytes, 16),
    status: error === undefined ? 200 : error.status === 403 ? 400 : error.status,
    isSevered: tenant.settings.severedOpener,
    ...(refreshSeconds !== undefined && { refreshSeconds }),
  });
}

/** A form of a login page: it posts to `path`, and says which login it belongs to. */
export function loginForm(
  { tenant, params }: BrowserRequest,
  path: string,
  fields: Html | readonly Html[],
): Html {
  return html`<form method="post" action="${tenant.basePath}${path}">
<input type="hidden" name="state" value="${requiredText(params, 'state')}">
${fields}
</form>`;
}

/** The cancel button of every login page. */
export function cancelForm(request: BrowserRequest): Html {
  return loginForm(request, '/u/cancel', html`<button class="quiet">Cancel</button>`);
}
