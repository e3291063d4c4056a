import { type BrowserRequest, requireLogin } from '../browser/browser-request.ts';
import { redirect } from '../browser/return-to-client.ts';
import { EmulatorError, invalidRequest } from '../lib/emulator-error.ts';
import { optionalText } from '../request/api-request.ts';
import { secondFactorPage } from '../second-factor/pages.ts';
import { act, look } from '../second-factor/steps.ts';
import type { LoginMfa, PassedFactor } from '../state/login-state.ts';
import { goOn } from './login.ts';
import type { NamedLogin } from './proceed.ts';
import { rememberBrowser } from './tenant-session.ts';

/** `GET /u/mfa`: the page for the second factor, which goes on by itself once the phone has answered. */
export function getSecondFactor(request: BrowserRequest): Promise<Response> {
  return advance(request, (mfa) => look(request.tenant, mfa));
}

/** `POST /u/mfa`: a choice, a code, or an answer that was given on the phone. */
export function postSecondFactor(request: BrowserRequest): Promise<Response> {
  return advance(request, (mfa) => act(request.tenant, mfa, request.params));
}

async function advance(
  request: BrowserRequest,
  step: (mfa: LoginMfa) => PassedFactor | undefined,
): Promise<Response> {
  const named = requireLogin(request);
  const { mfa } = named.login;
  if (mfa === undefined) throw invalidRequest('This login waits for no second factor');
  if (optionalText(request.params, 'remember') !== undefined) mfa.isRemembered = true;
  try {
    const passed = step(mfa);
    if (passed !== undefined) return await end(request, named, passed);
  } catch (error) {
    if (!(error instanceof EmulatorError)) throw error;
    return secondFactorPage(request, mfa, error);
  }
  // A page that waits reloads itself, which a response to a form cannot.
  const isAsked = optionalText(request.params, 'action') === undefined;
  if (isAsked) return secondFactorPage(request, mfa);
  return redirect(`${request.tenant.basePath}/u/mfa?state=${named.id}`);
}

async function end(request: BrowserRequest, named: NamedLogin, passed: PassedFactor): Promise<Response> {
  const { login } = named;
  login.passed = passed;
  const response = await goOn(request, named);
  if (login.mfa?.isRemembered && login.session !== undefined && request.tenant.settings.rememberBrowser) {
    response.headers.append('set-cookie', rememberBrowser(request.tenant, login.session.user));
  }
  return response;
}
