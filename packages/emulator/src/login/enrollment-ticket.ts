import { html } from 'hono/html';
import { type BrowserRequest, loginPage } from '../browser/browser-request.ts';
import { redirect } from '../browser/return-to-client.ts';
import { EmulatorError } from '../lib/emulator-error.ts';
import { optionalText, requiredText } from '../request/api-request.ts';
import { secondFactorPage } from '../second-factor/pages.ts';
import { act, look } from '../second-factor/steps.ts';
import type { LoginMfa, PassedFactor } from '../state/login-state.ts';

/** `GET /u/enroll`: the page of a ticket, on which a user enrols a factor without signing in. */
export function getTicket(request: BrowserRequest): Response {
  return advance(request, (mfa) => look(request.tenant, mfa));
}

/** `POST /u/enroll`: a choice, or a code. */
export function postTicket(request: BrowserRequest): Response {
  return advance(request, (mfa) => act(request.tenant, mfa, request.params));
}

function advance(request: BrowserRequest, step: (mfa: LoginMfa) => PassedFactor | undefined): Response {
  const { tenant, params } = request;
  const id = requiredText(params, 'state');
  const mfa = tenant.tickets.get(id);
  if (mfa === undefined) {
    throw new EmulatorError(
      400,
      'invalid_request',
      'This ticket was used, or has expired: ask for another one',
    );
  }
  try {
    if (step(mfa) !== undefined) {
      tenant.tickets.delete(id);
      return donePage(request);
    }
  } catch (error) {
    if (!(error instanceof EmulatorError)) throw error;
    return secondFactorPage(request, mfa, error);
  }
  const isAsked = optionalText(params, 'action') === undefined;
  return isAsked ? secondFactorPage(request, mfa) : redirect(`${tenant.basePath}/u/enroll?state=${id}`);
}

function donePage(request: BrowserRequest): Response {
  return loginPage(request, {
    title: 'Done',
    intro: 'Your second factor is ready. You can close this page.',
    content: html``,
  });
}
