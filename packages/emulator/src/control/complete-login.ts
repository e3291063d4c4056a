import { EmulatorError } from '../lib/emulator-error.ts';
import { totpAt } from '../lib/totp.ts';
import type { Authenticator } from '../state/authenticator.ts';
import type { LoginMfa } from '../state/login-state.ts';
import type { Tenant } from '../state/tenant.ts';
import type { User } from '../state/user.ts';
import { createPhone } from './phone.ts';

/** How to pass the login pages. */
export interface CompleteLoginOptions {
  /** Who signs in. Default: the first user. */
  readonly username?: string | undefined;
  /** What happens at the second factor. Default `approve`: a code is typed, a push approved, a phone enrolled. */
  readonly decision?: 'approve' | 'deny' | 'cancel' | undefined;
  /** The cookies of the browser, by name; it keeps those that it gets. Default: a browser that was never here. */
  readonly cookies?: Map<string, string> | undefined;
}

/** What the browser is sent to in the end. */
export interface LoginResult {
  /** The callback, with the answer in its query or fragment. */
  readonly url: string;
  /** The form that is posted to it, with `response_mode=form_post`. */
  readonly form?: Readonly<Record<string, string>>;
}

/** What passing a login takes of an emulator. */
interface LoginFrame {
  handle(this: void, request: Request): Promise<Response>;
  currentTenant(): Tenant;
}

/** Every login takes fewer pages than this. */
const mostPages = 20;

/**
 * Passes the login pages as a user with a phone would, without a browser: from the address that an app sends its users to,
 * until they are sent back.
 */
export async function completeLogin(
  frame: LoginFrame,
  authorizationUrl: string,
  options: CompleteLoginOptions = {},
): Promise<LoginResult> {
  const { cookies = new Map<string, string>() } = options;
  let request = new Request(authorizationUrl);
  for (let count = 0; count < mostPages; count += 1) {
    const response = await send(frame, request, cookies);
    const location = response.headers.get('location');
    if (location === null) {
      const form = await formOf(response);
      if (form !== undefined) return form;
      throw new EmulatorError(response.status, 'login_failed', await complaintOf(response));
    }
    const url = new URL(location, request.url);
    const isPage = url.origin === new URL(request.url).origin && url.pathname.includes('/u/');
    if (!isPage) return { url: url.href };
    request = nextRequest(frame.currentTenant(), url, options);
  }
  throw new Error('The login came to no end');
}

async function send(
  { handle }: LoginFrame,
  request: Request,
  cookies: Map<string, string>,
): Promise<Response> {
  const headers = new Headers(request.headers);
  headers.set('accept', 'text/html');
  if (cookies.size > 0) {
    headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '));
  }
  const response = await handle(new Request(request, { headers }));
  for (const cookie of response.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
    if (/Max-Age=0(;|$)/.test(cookie)) cookies.delete(name);
    else cookies.set(name, value);
  }
  return response;
}

/** What a user does on a page, as the request that the page's form would make. */
function nextRequest(tenant: Tenant, page: URL, options: CompleteLoginOptions): Request {
  const state = page.searchParams.get('state') ?? '';
  const post = (form: Readonly<Record<string, string>>, path = page.pathname): Request =>
    new Request(new URL(path, page), { method: 'POST', body: new URLSearchParams({ state, ...form }) });
  const user = userOf(tenant, options.username);
  if (options.decision === 'cancel') return post({}, `${tenant.basePath}/u/cancel`);
  switch (page.pathname.slice(tenant.basePath.length)) {
    case '/u/login':
      return user.connection === undefined
        ? post({ username: user.username, password: user.password ?? '' })
        : post({ username: user.username, connection: user.connection }, `${tenant.basePath}/u/connection`);
    case '/u/connection':
      return post({ username: user.username, connection: page.searchParams.get('connection') ?? '' });
    case '/u/consent':
      return post({});
    default: {
      const mfa = tenant.logins.get(state)?.mfa;
      if (mfa === undefined) throw new Error(`There is no way past ${page.pathname}`);
      return post(secondFactor(tenant, mfa, options.decision === 'deny' ? 'deny' : 'approve'));
    }
  }
}

/** What the user does at the second factor, on the page and on the phone. */
function secondFactor(
  tenant: Tenant,
  mfa: LoginMfa,
  decision: 'approve' | 'deny',
): Readonly<Record<string, string>> {
  const { step } = mfa;
  const { user } = mfa.transaction.grant;
  switch (step.name) {
    case 'choose': {
      if (decision === 'deny')
        throw new EmulatorError(403, 'access_denied', 'The request was denied on the phone.');
      const next = user.authenticators.find(
        ({ id, isConfirmed }) => isConfirmed && !mfa.transaction.passed.includes(id),
      );
      return { action: 'choose', authenticator: next?.id ?? '' };
    }
    case 'choose-enrollment':
      return { action: 'enroll', factor: tenant.settings.factors.includes('push') ? 'push' : 'otp' };
    case 'recovery-code':
      return { action: 'kept' };
    default: {
      const { authenticator, oobCode } = step;
      const phone = createPhone(() => tenant, authenticator.phone ?? user.username);
      if (step.name === 'enroll' && step.barcodeUri !== undefined) phone.scan(step.barcodeUri);
      if (step.name === 'challenge' && authenticator.factor === 'push') phone[decision]();
      if (oobCode !== undefined && oobCode.bindingCode === undefined) return { action: 'look' };
      return { action: 'code', code: oobCode?.bindingCode ?? codeOf(tenant, authenticator) };
    }
  }
}

function codeOf(tenant: Tenant, { secret, recoveryCode }: Authenticator): string {
  return secret === undefined ? (recoveryCode ?? '') : totpAt(secret, tenant.clock.now()).code;
}

function userOf(tenant: Tenant, username: string | undefined): User {
  const user = username === undefined ? [...tenant.users.values()][0] : tenant.users.get(username);
  if (user !== undefined) return user;
  throw new EmulatorError(404, 'not_found', `There is no user ${username ?? 'at all'}`);
}

/** The form of a page that posts itself to the callback. */
async function formOf(response: Response): Promise<LoginResult | undefined> {
  const text = await response.clone().text();
  const url = /<form method="post" action="(https?:[^"]+)"/.exec(text)?.[1];
  if (url === undefined) return undefined;
  const inputs = text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g);
  return {
    url: toText(url),
    form: Object.fromEntries([...inputs].map(([, name, value]) => [name, toText(value)])),
  };
}

async function complaintOf(response: Response): Promise<string> {
  const [, complaint = 'The login page has something to say'] =
    /role="alert">([^<]+)</.exec(await response.text()) ?? [];
  return toText(complaint);
}

function toText(html = ''): string {
  return html
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}
