import { isStepUpError, StepUpError } from '@stepgate/core';
import { flowToHtml, idleView } from '@stepgate/web/html';
import { crossSite, signInFirst } from '../../flow/errors.ts';
import { type FlowTarget, targetOf } from '../../flow/parts.ts';
import { readForm } from '../../request/body.ts';
import type { Caller } from '../../request/caller.ts';
import { isFault, toStepUpError } from '../../request/error-response.ts';
import { recordKey } from '../../request/handle-cookie.ts';
import type { HostRequest } from '../../request/host-request.ts';
import { isNavigation } from '../../request/navigation.ts';
import type { Call, Endpoint } from '../call/call.ts';
import type { EndpointParts } from '../call/parts.ts';
import { type FlowPage, pageAddress } from './flow-page.ts';
import { type FormTokens, isFromThisSite, type PageForm, parseDetail, parsePageForm } from './page-form.ts';
import { pageResponse } from './page-shell.ts';

/** The page, and the targets of its forms for browsers without scripts: every response is a page. */
export interface PageEndpoints {
  readonly page: Endpoint;
  readonly start: Endpoint;
  readonly send: Endpoint;
}

/** What these endpoints need besides what all endpoints share. */
export interface PageEndpointsOptions {
  readonly tokens: FormTokens;
  readonly flowPage: FlowPage;
  /** The response when nobody is signed in. */
  readonly signedOut: (request: HostRequest) => Response;
}

/** One form post, once its origin was checked. */
interface Posting {
  readonly request: HostRequest;
  readonly caller: Caller;
  readonly form: PageForm;
  readonly link: string | undefined;
}

type ResponseHeaders = Readonly<Record<string, string>>;

/** Creates the endpoints. */
export function createPageEndpoints(
  parts: EndpointParts,
  { tokens, flowPage, signedOut }: PageEndpointsOptions,
): PageEndpoints {
  const { basePath, driver, owners, requirements, textsOf } = parts;
  const { callerOf, handles } = parts.callers;
  const { clock, onError } = parts.runtime;

  async function page({ request, link }: Call): Promise<Response> {
    const caller = await callerOf(request);
    if (caller === undefined) return signedOut(request);
    const { searchParams } = new URL(request.url, 'http://host');
    const since = searchParams.get('since');
    return flowPage(request, caller, {
      ticket: link === undefined ? (searchParams.get('requirement') ?? undefined) : undefined,
      link,
      detail: parseDetail(searchParams.get('show')),
      ...(since !== null && { since: Number(since), whenGone: (callback) => request.whenGone(callback) }),
    });
  }

  /** Does what a form requests and redirects to the page, which also shows a refusal. */
  function answering(
    work: (posting: Posting) => Promise<ResponseHeaders>,
  ): (call: Call) => Promise<Response> {
    return async ({ request, web, link }) => {
      const caller = await callerOf(request);
      if (caller === undefined) return problemPage(request, signInFirst());
      let form: PageForm | undefined;
      try {
        form = parsePageForm(await readForm(await web()));
        mustBeOurs(request, caller, form);
        const headers = await work({ request, caller, form, link });
        const location = pageAddress(basePath, { ticket: form.ticket, link })();
        return new Response(null, {
          status: 303,
          headers: { location, 'cache-control': 'no-store', ...headers },
        });
      } catch (thrown) {
        const error = toStepUpError(thrown);
        if (form === undefined || !error.expose || error.status === 403) throw error;
        return flowPage(request, caller, { ticket: form.ticket, link, detail: form.detail, error });
      }
    };
  }

  function mustBeOurs(request: HostRequest, caller: Caller, { token }: PageForm): void {
    const handle = handles.read(request);
    const hasToken = (): boolean =>
      token !== undefined && handle !== undefined && tokens.isOf(recordKey(handle, caller), token);
    if (isFromThisSite(request, hasToken)) return;
    throw crossSite();
  }

  async function start({ request, caller, form, link }: Posting): Promise<ResponseHeaders> {
    if (link !== undefined) {
      const { handle, headers, isTravelling } = handles.hold(request);
      await driver.open(owners.linked(targetOf(request, caller, handle), link), { isTravelling });
      return headers;
    }
    const requirement = requirements.open(caller, form.ticket ?? '');
    const { handle, headers, isTravelling } = handles.hold(request);
    const target = targetOf(request, caller, handle);
    if (form.takesOver) await cancelOther(target);
    await driver.start(target, requirement, { isTravelling });
    return headers;
  }

  /** The user chose this flow. One that has ended meanwhile does not block it. */
  async function cancelOther(target: FlowTarget): Promise<void> {
    try {
      await driver.request(target, { type: 'flow.cancel' }, undefined);
    } catch (error) {
      if (!isStepUpError(error, 'flow_not_found') && !isStepUpError(error, 'event_not_allowed')) throw error;
    }
  }

  async function send({ request, form, link }: Posting): Promise<ResponseHeaders> {
    const target = await owners.mustOwn(request, link);
    const event = form.event();
    // A cancel is meant, whatever has happened meanwhile.
    const version = event.type === 'flow.cancel' ? undefined : mustHaveVersion(form);
    await driver.request(target, event, version);
    return {};
  }

  function problemPage(request: HostRequest, error: StepUpError): Response {
    const { flow: texts } = textsOf(request);
    const { html, heading } = flowToHtml(
      { texts, view: { ...idleView(clock.now(), []), state: 'failed' }, error },
      { action: basePath, start: basePath, page: () => basePath, fields: [] },
    );
    return pageResponse({
      basePath,
      texts: { flow: texts },
      status: error.status,
      title: heading,
      card: html,
      site: request.host,
    });
  }

  /** Errors as pages, for requests whose response the user sees. */
  function withProblems(endpoint: Endpoint, isSeen: (request: HostRequest) => boolean): Endpoint {
    return async (call) => {
      try {
        return await endpoint(call);
      } catch (thrown) {
        if (!isSeen(call.request)) throw thrown;
        const error = toStepUpError(thrown);
        if (isFault(error)) onError(thrown);
        return problemPage(call.request, error);
      }
    };
  }

  return {
    page: withProblems(page, isNavigation),
    start: withProblems(answering(start), () => true),
    send: withProblems(answering(send), () => true),
  };
}

function mustHaveVersion({ version }: PageForm): number {
  if (version !== undefined) return version;
  throw new StepUpError('version_required', 'The form lacks the version of the view. Reload the page.');
}
