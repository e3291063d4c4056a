import { type FlowView, isHosted, isStepUpError, StepUpError } from '@stepgate/core';
import { crossSite, signInFirst } from '../../flow/errors.ts';
import { type FlowTarget, targetOf } from '../../flow/parts.ts';
import { readForm } from '../../request/body.ts';
import type { Caller } from '../../request/caller.ts';
import { toStepUpError } from '../../request/error-response.ts';
import { recordKey } from '../../request/handle-cookie.ts';
import type { HostRequest } from '../../request/host-request.ts';
import { isNavigation } from '../../request/navigation.ts';
import type { Call, Endpoint } from '../call/call.ts';
import type { EndpointParts } from '../call/parts.ts';
import { type FlowPage, pageAddress } from './flow-page.ts';
import { type FormTokens, isFromThisSite, type PageForm, parseDetail, parsePageForm } from './page-form.ts';
import type { ProblemPages } from './problem-page.ts';

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
  readonly problems: ProblemPages;
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

/** What a form has led to. */
interface Done {
  readonly view: FlowView;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Creates the endpoints. */
export function createPageEndpoints(
  parts: EndpointParts,
  { tokens, flowPage, problems, signedOut }: PageEndpointsOptions,
): PageEndpoints {
  const { basePath, driver, owners, requirements } = parts;
  const { callerOf, handles } = parts.callers;
  const { problemPage, withProblems } = problems;

  async function page({ request, link }: Call): Promise<Response> {
    const caller = await callerOf(request);
    if (caller === undefined) return signedOut(request);
    const { searchParams } = new URL(request.url, 'http://host');
    const since = searchParams.get('since');
    const leave = searchParams.get('leave');
    return flowPage(request, caller, {
      ticket: link === undefined ? (searchParams.get('requirement') ?? undefined) : undefined,
      link,
      detail: parseDetail(searchParams.get('show')),
      ...(leave !== null && { leave: Number(leave) }),
      ...(since !== null && { since: Number(since), whenGone: (callback) => request.whenGone(callback) }),
    });
  }

  /** Does what a form requests and redirects to the page, which also shows a refusal. */
  function answering(work: (posting: Posting) => Promise<Done>): (call: Call) => Promise<Response> {
    return async ({ request, web, link }) => {
      const caller = await callerOf(request);
      if (caller === undefined) return problemPage(request, signInFirst());
      let form: PageForm | undefined;
      try {
        form = parsePageForm(await readForm(await web()));
        mustBeOurs(request, caller, form);
        const { headers, view } = await work({ request, caller, form, link });
        // The page takes the user on from there: as the answer to a form, browsers would not follow.
        const leave = view.state === 'redirecting' ? view.version : undefined;
        const location = pageAddress(basePath, { ticket: form.ticket, link })({ leave });
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

  async function start({ request, caller, form, link }: Posting): Promise<Done> {
    if (link !== undefined) {
      const { handle, headers, isTravelling } = handles.hold(request);
      const { view } = await driver.open(owners.linked(targetOf(request, caller, handle), link), {
        isTravelling,
      });
      return { view, headers };
    }
    const requirement = requirements.open(caller, form.ticket ?? '');
    const { handle, headers, isTravelling } = handles.hold(request);
    const target = targetOf(request, caller, handle);
    if (form.takesOver) await cancelOther(target);
    const { view } = await driver.start(target, requirement, { isTravelling });
    return { view: await leaveAtOnce(target, view), headers };
  }

  /** The user has just clicked: where the provider's page is all there is to choose, nothing is asked twice. */
  async function leaveAtOnce(target: FlowTarget, view: FlowView): Promise<FlowView> {
    const { state, authenticators, enrollable, version } = view;
    const [only, ...others] = authenticators;
    if (state !== 'choosing' || only === undefined || others.length + enrollable.length > 0) return view;
    if (!isHosted(only.factor)) return view;
    const choice = { type: 'factor.choose', authenticatorId: only.id, display: 'page' } as const;
    return driver.request(target, choice, version);
  }

  /** The user chose this flow. One that has ended meanwhile does not block it. */
  async function cancelOther(target: FlowTarget): Promise<void> {
    try {
      await driver.request(target, { type: 'flow.cancel' }, undefined);
    } catch (error) {
      if (!isStepUpError(error, 'flow_not_found') && !isStepUpError(error, 'event_not_allowed')) throw error;
    }
  }

  async function send({ request, form, link }: Posting): Promise<Done> {
    const target = await owners.mustOwn(request, link);
    const event = form.event();
    // A cancel is meant, whatever has happened meanwhile.
    const version = event.type === 'flow.cancel' ? undefined : mustHaveVersion(form);
    const view = await driver.request(target, event, version);
    return { view: event.type === 'way.next' ? await leaveAtOnce(target, view) : view };
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
