import { isStepUpError, StepUpError } from '@stepgate/core';
import { flowToHtml, idleView } from '@stepgate/web/html';
import type { FlowDriver } from '../flow/driver.ts';
import { crossSite, notFound, signInFirst } from '../flow/errors.ts';
import { type FlowTarget, targetOf } from '../flow/target.ts';
import type { Requirements } from '../policy/requirement.ts';
import { readForm } from '../request/body.ts';
import type { Caller, CallerOf } from '../request/caller.ts';
import { isFault, toStepUpError } from '../request/error-response.ts';
import { type Handles, recordKey } from '../request/handle-cookie.ts';
import type { HostRequest } from '../request/host-request.ts';
import { isNavigation } from '../request/navigation.ts';
import { type Call, type Endpoint, whenGone } from './call.ts';
import { type FlowPage, pageAddress } from './flow-page.ts';
import { type FormTokens, isFromThisSite, type PageForm, parseDetail, parsePageForm } from './page-form.ts';
import { pageResponse } from './page-shell.ts';
import type { TextsOf } from './page-texts.ts';

/** The page, and what its forms are sent to where no script takes their place: every answer is a page. */
export interface PageEndpoints<Native> {
  readonly page: Endpoint<Native>;
  readonly start: Endpoint<Native>;
  readonly send: Endpoint<Native>;
}

/** What they are made of. */
export interface PageEndpointsOptions<Native> {
  readonly basePath: string;
  readonly driver: FlowDriver<Native>;
  readonly handles: Handles;
  readonly requirements: Requirements;
  readonly tokens: FormTokens;
  readonly flowPage: FlowPage<Native>;
  readonly callerOf: CallerOf<Native>;
  /** The answer to nobody. */
  readonly signedOut: (request: HostRequest<Native>) => Response;
  readonly textsOf: TextsOf<Native>;
  readonly now: () => number;
  /** Ends the waiting for news. */
  readonly onError: (error: unknown) => void;
}

/** One form post, once it is known to be ours. */
interface Posting<Native> {
  readonly request: HostRequest<Native>;
  readonly caller: Caller;
  readonly form: PageForm;
}

type ResponseHeaders = Readonly<Record<string, string>>;

/** Makes the endpoints. */
export function createPageEndpoints<Native>(options: PageEndpointsOptions<Native>): PageEndpoints<Native> {
  const { basePath, driver, handles, requirements, tokens, flowPage, callerOf, textsOf, now, onError } =
    options;

  async function page(call: Call<Native>): Promise<Response> {
    const { request } = call;
    const caller = await callerOf(request);
    if (caller === undefined) return options.signedOut(request);
    const { searchParams } = new URL(request.url, 'http://host');
    const since = searchParams.get('since');
    return flowPage(request, caller, {
      ticket: searchParams.get('requirement') ?? undefined,
      detail: parseDetail(searchParams.get('show')),
      ...(since !== null && { since: Number(since), whenGone: whenGone(call) }),
    });
  }

  /** Does what a form asks for, and goes back to the page; what is refused is said on the page. */
  function answering(
    work: (posting: Posting<Native>) => Promise<ResponseHeaders>,
  ): (call: Call<Native>) => Promise<Response> {
    return async ({ request, web }) => {
      const caller = await callerOf(request);
      if (caller === undefined) return problemPage(request, signInFirst());
      let form: PageForm | undefined;
      try {
        form = parsePageForm(await readForm(web()));
        mustBeOurs(request, caller, form);
        const headers = await work({ request, caller, form });
        const location = pageAddress(basePath, form.ticket)();
        return new Response(null, {
          status: 303,
          headers: { location, 'cache-control': 'no-store', ...headers },
        });
      } catch (thrown) {
        const error = toStepUpError(thrown);
        if (form === undefined || !error.expose || error.status === 403) throw error;
        return flowPage(request, caller, { ticket: form.ticket, detail: form.detail, error });
      }
    };
  }

  function mustBeOurs(request: HostRequest<Native>, caller: Caller, { token }: PageForm): void {
    const handle = handles.read(request);
    const hasToken = (): boolean =>
      token !== undefined && handle !== undefined && tokens.isOf(recordKey(handle, caller), token);
    if (isFromThisSite(request, hasToken)) return;
    throw crossSite();
  }

  async function start({ request, caller, form }: Posting<Native>): Promise<ResponseHeaders> {
    const requirement = requirements.open(caller, form.ticket ?? '');
    const { handle, headers, isTravelling } = handles.hold(request);
    const target = targetOf(request, caller, handle);
    if (form.takesOver) await cancelOther(target);
    await driver.start(target, requirement, { isTravelling });
    return headers;
  }

  /** The user has chosen this one; a flow that has ended meanwhile is not in its way. */
  async function cancelOther(target: FlowTarget<Native>): Promise<void> {
    try {
      await driver.request(target, { type: 'flow.cancel' }, undefined);
    } catch (error) {
      if (!isStepUpError(error, 'flow_not_found') && !isStepUpError(error, 'event_not_allowed')) throw error;
    }
  }

  async function send({ request, caller, form }: Posting<Native>): Promise<ResponseHeaders> {
    const handle = handles.read(request);
    if (handle === undefined) throw notFound(basePath);
    const event = form.event();
    // Whoever cancels means it, whatever has happened meanwhile.
    const version = event.type === 'flow.cancel' ? undefined : mustHaveVersion(form);
    await driver.request(targetOf(request, caller, handle), event, version);
    return {};
  }

  function problemPage(request: HostRequest<Native>, error: StepUpError): Response {
    const { flow: texts } = textsOf(request);
    const { html, heading } = flowToHtml(
      { texts, view: { ...idleView(now(), []), state: 'failed' }, error },
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

  /** Errors as pages, for requests whose answer the user sees. */
  function withProblems(
    endpoint: Endpoint<Native>,
    isSeen: (request: HostRequest<Native>) => boolean,
  ): Endpoint<Native> {
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
  throw new StepUpError('version_required', 'the form lacks the version of the view', { status: 428 });
}
