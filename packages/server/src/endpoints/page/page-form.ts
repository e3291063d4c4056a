import { parseRequest, StepUpError, type StepUpRequest } from '@stepgate/core';
import { DETAILS, type Detail, TYPED_MEMBERS, tidy } from '@stepgate/web/html';
import type { Sealer } from '../../lib/seal.ts';
import type { HostRequest } from '../../request/host-request.ts';
import { siteOf } from '../../request/same-origin.ts';

/** A form of the page, as a browser without scripts posts it. */
export interface PageForm {
  readonly ticket: string | undefined;
  readonly token: string | undefined;
  /** The page that the user was looking at. */
  readonly detail: Detail;
  /** The version of the view that the user saw. */
  readonly version: number | undefined;
  /** Whether to cancel the other flow of this browser. */
  readonly takesOver: boolean;
  /**
   * The user's request.
   *
   * @throws StepUpError `event_unknown` or `invalid_request` (400).
   */
  event(): StepUpRequest;
}

/** Whether the request is a form post, which gets a page as its answer. */
export function isFormPost(request: HostRequest<unknown>): boolean {
  const type = request.header('content-type') ?? '';
  return request.method === 'POST' && /^application\/x-www-form-urlencoded\s*(;|$)/i.test(type);
}

/** Reads the fields that `toHtml` writes. */
export function parsePageForm(fields: URLSearchParams): PageForm {
  const version = fields.get('version') ?? '';
  return {
    ticket: fields.get('requirement') ?? undefined,
    token: fields.get('form_token') ?? undefined,
    detail: parseDetail(fields.get('show')),
    version: /^\d{1,15}$/.test(version) ? Number(version) : undefined,
    takesOver: fields.get('take_over') === 'true',
    event: () => parseRequest({ ...eventOf(fields.get('event')), ...typedIn(fields) }),
  };
}

/** What the page shows besides the flow, read from an address or a form. */
export function parseDetail(text: string | null): Detail {
  return DETAILS.find((detail) => detail === text) ?? 'none';
}

function eventOf(text: string | null): object {
  try {
    return Object(JSON.parse(text ?? '')) as object;
  } catch {
    throw new StepUpError('event_unknown', 'The form names no event. Reload the page.');
  }
}

function typedIn(fields: URLSearchParams): Readonly<Record<string, string>> {
  const typed = TYPED_MEMBERS.filter((member) => fields.has(member));
  return Object.fromEntries(typed.map((member) => [member, tidy(member, fields.get(member) ?? '')]));
}

/** Tokens that prove a form came from the page of this browser and login. */
export interface FormTokens {
  /** `key`: the key of the record. */
  issue(key: string): string;
  isOf(key: string, token: string): boolean;
}

/** Creates the tokens. */
export function createFormTokens(sealer: Sealer): FormTokens {
  const purpose = (key: string): string => `form:${key}`;
  return {
    issue: (key) => sealer.seal(true, purpose(key)),
    isOf: (key, token) => sealer.open(token, purpose(key)) === true,
  };
}

/**
 * Whether a form post comes from a page of this site. `Sec-Fetch-Site` decides, then `Origin`. If the browser sends
 * neither (`Referrer-Policy: no-referrer` turns `Origin` into `null`), the form's token decides.
 */
export function isFromThisSite(request: HostRequest<unknown>, hasToken: () => boolean): boolean {
  const origin = request.header('origin');
  const isTold =
    request.header('sec-fetch-site') !== undefined || (origin !== undefined && origin !== 'null');
  return isTold ? siteOf(request) === 'same-origin' : hasToken();
}
