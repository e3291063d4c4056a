import type { BrowserRequest } from '../browser/browser-request.ts';
import { redirect } from '../browser/return-to-client.ts';
import { EmulatorError } from '../lib/emulator-error.ts';
import { isMfaRequired } from '../mfa-api/mfa-required.ts';
import { visitorOf } from '../request/api-request.ts';
import { beginSecondFactor } from '../second-factor/begin.ts';
import { multiFactorAcr, type OpenLogin, type TenantSession } from '../state/login-state.ts';
import type { Tenant } from '../state/tenant.ts';
import type { Grant } from '../state/transaction.ts';
import { answerClient } from './answer.ts';

/** A login with the name it goes by in the forms of its pages. */
export interface NamedLogin {
  readonly id: string;
  readonly login: OpenLogin;
}

/** Goes on with a login whose first factor was given: to the next page, or back to the client with its answer. */
export async function proceed(browser: BrowserRequest, { id, login }: NamedLogin): Promise<Response> {
  const { tenant } = browser;
  const { request, session } = login;
  if (session === undefined) throw new EmulatorError(400, 'login_required', 'Sign in first');
  assertMember(login, session);
  const grant = { ...toGrant(login, session), visitor: visitorOf(browser.headers) };
  if (login.passed === undefined && isSecondFactorNeeded(browser, login, grant)) {
    if (request.prompt === 'none') {
      const error = tenant.settings.dialect.mfaSilent;
      throw new EmulatorError(400, error, 'Multifactor authentication required');
    }
    return beginSecondFactor(browser, { id, login }, grant);
  }
  if (request.details !== undefined && login.hasConsent !== true) {
    if (request.prompt === 'none') throw new EmulatorError(400, 'consent_required', 'Consent required');
    return redirect(`${tenant.basePath}/u/consent?state=${id}`);
  }
  return answerClient(browser, { id, login }, { grant, session });
}

function toGrant({ request }: OpenLogin, { user, authTime, sid }: TenantSession): Grant {
  const { client, audience, scopes, organization, details } = request;
  return {
    user,
    clientId: client.clientId,
    audience,
    scopes,
    authTime,
    sid,
    ...(organization !== undefined && { organization }),
    ...(details !== undefined && { details }),
  };
}

function assertMember({ request: { organization } }: OpenLogin, { user }: TenantSession): void {
  if (organization === undefined || user.organizations.includes(organization)) return;
  throw new EmulatorError(
    403,
    'access_denied',
    `user ${user.sub} is not part of the ${organization} organization`,
  );
}

/**
 * The policy of the grant asks each time; `acr_values` too, and so for browsers that are remembered; the setting `always`
 * once in a session.
 */
function isSecondFactorNeeded(browser: BrowserRequest, login: OpenLogin, grant: Grant): boolean {
  const { tenant } = browser;
  const { loginMfa } = tenant.settings;
  if (loginMfa !== 'never' && login.request.acrValues.includes(multiFactorAcr)) return true;
  if (grant.audience === tenant.mfaAudience()) return isMfaRequired(tenant, grant);
  if (isRemembered(tenant, browser.rememberedId, grant)) return false;
  if (isMfaRequired(tenant, grant)) return true;
  return loginMfa === 'always' && login.session?.mfaAt === undefined;
}

function isRemembered(tenant: Tenant, id: string | undefined, { user }: Grant): boolean {
  if (id === undefined || !tenant.settings.rememberBrowser) return false;
  return tenant.rememberedBrowsers.get(id)?.user === user;
}
