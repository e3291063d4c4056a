import { type FlowView, isDone, isHosted, StepUpError } from '@stepgate/core';
import { type Detail, flowToHtml, idleView } from '@stepgate/web/html';
import { signInFirst } from '../../flow/errors.ts';
import { type FlowTarget, targetOf } from '../../flow/parts.ts';
import { isShown, linkOf, ownedBy } from '../../flow/rules.ts';
import type { Watchers } from '../../limits/watchers.ts';
import { linkInvalid } from '../../policy/links.ts';
import { type Requirement, requirementExpired } from '../../policy/requirement.ts';
import type { FlowRecord } from '../../records/handle-record.ts';
import type { KeptForm } from '../../records/kept-forms.ts';
import type { Caller } from '../../request/caller.ts';
import type { HostRequest, WhenGone } from '../../request/host-request.ts';
import { siteOf } from '../../request/same-origin.ts';
import type { EndpointParts } from '../call/parts.ts';
import type { FormTokens } from './page-form.ts';
import { pageResponse, type Refresh } from './page-shell.ts';

/** What to show of the flow. */
export interface Moment {
  readonly ticket: string | undefined;
  /** The link that has led here; then there is no ticket. */
  readonly link?: string | undefined;
  readonly detail: Detail;
  /** The version that the browser already shows. While the flow waits, the page waits for another one. */
  readonly since?: number | undefined;
  readonly whenGone?: WhenGone;
  /** The version of the view that takes the user to the provider's page. */
  readonly leave?: number | undefined;
  /** Why a form post was refused. */
  readonly error?: StepUpError;
}

/** The built-in page, as it shows a flow. */
export type FlowPage = (request: HostRequest, caller: Caller, moment: Moment) => Promise<Response>;

/** What the page needs besides what all endpoints share. */
export interface FlowPageOptions {
  readonly tokens: FormTokens;
  readonly watchers: Watchers;
}

interface ShownFlow {
  readonly flow: FlowRecord;
  readonly view: FlowView;
}

/** What one page shows. */
interface PageContent extends Pick<Moment, 'ticket' | 'link' | 'detail' | 'leave'> {
  readonly target: FlowTarget | undefined;
  readonly view: FlowView;
  readonly requirement: Requirement | undefined;
  /** The refused form, once its approval is given. */
  readonly keptForm: KeptForm | undefined;
  /** Why a form post was refused. */
  readonly refusal: StepUpError | undefined;
  /** The refusal, or what is wrong with the ticket. */
  readonly error: StepUpError | undefined;
}

/** What the page is about, and what is wrong with its address. */
interface Subject {
  readonly target?: FlowTarget | undefined;
  readonly requirement?: Requirement;
  /** Whether a flow can be started here. */
  readonly isUsable: boolean;
  readonly error?: StepUpError;
}

/** How long the page waits for news, so that a browser without scripts need not ask all the time. */
const PATIENCE_MS = 25_000;
/** How long "Confirmed" stays before the page goes back. */
const FAREWELL_SECONDS = 1;

/** Creates the page. It shows the flow of the browser that belongs to its ticket, or a button to start one. */
export function createFlowPage(parts: EndpointParts, { tokens, watchers }: FlowPageOptions): FlowPage {
  const { basePath, driver, links, owners, requirements, textsOf } = parts;
  const { records, keptForms } = parts.state;
  const { handles } = parts.callers;
  const { clock } = parts.runtime;

  return async function flowPage(request, caller, moment) {
    const shown = handles.read(request);
    const minted =
      shown === undefined && siteOf(request) === 'same-origin' ? handles.mint(request) : undefined;
    const handle = shown ?? minted?.handle;
    const target = handle === undefined ? undefined : targetOf(request, caller, handle);
    const response = draw(request, await gather(request, caller, target, moment));
    for (const [name, value] of Object.entries(minted?.headers ?? {})) response.headers.append(name, value);
    return response;
  };

  /** Reads everything that the page shows. */
  async function gather(
    request: HostRequest,
    caller: Caller,
    own: FlowTarget | undefined,
    moment: Moment,
  ): Promise<PageContent> {
    const { ticket, link, detail, leave, error: refusal } = moment;
    const about = link === undefined ? look(caller, own, ticket) : await lookAtLink(caller, own, link);
    const { target } = about;
    const found = target && (await findFlow(request, target, about.requirement, moment));
    const view = found?.view ?? idleView(clock.now(), about.isUsable ? ['flow.start'] : []);
    const requirement = about.requirement ?? found?.flow.requirement;
    return {
      ticket,
      link,
      detail,
      leave,
      target,
      view,
      requirement,
      keptForm: await findKeptForm(target, requirement, view),
      refusal,
      error: refusal ?? (found === undefined ? about.error : undefined),
    };
  }

  /** Draws the page. If a form was kept for after the approval, the page's own form sends that one. */
  function draw(request: HostRequest, content: PageContent): Response {
    const { ticket, link, detail, leave, target, view, requirement, keptForm, refusal, error } = content;
    const { returnTo, leaveTo, unkept } = requirement ?? {};
    const action = requirement && actionOf(requirement);
    const startsOnPage = requirement?.policy.factors.every(isHosted) === true;
    const { flow: texts } = textsOf(request);
    const place = link === undefined ? basePath : linkPath(basePath, link);
    const address = pageAddress(basePath, { ticket, link });
    const fields = {
      version: String(view.version),
      ...(ticket !== undefined && { requirement: ticket }),
      ...(detail !== 'none' && { show: detail }),
      ...(target && { form_token: tokens.issue(target.link?.by ?? target.key) }),
    };
    const { html, heading } = flowToHtml(
      {
        texts,
        view,
        action,
        error,
        detail,
        continueTo: returnTo,
        leaveTo,
        form: formState(content),
        unkept,
        isForOther: link !== undefined,
        startsOnPage,
      },
      {
        start: `${place}/flow`,
        page: (next) => address({ show: next }),
        ...(keptForm
          ? { action: keptForm.url, enctype: keptForm.enctype, fields: keptForm.fields }
          : { action: `${place}/flow/events`, fields: Object.entries(fields) }),
      },
    );
    return pageResponse({
      basePath,
      texts: { flow: texts },
      status: refusal?.status ?? 200,
      title: heading,
      card: html,
      site: request.host,
      isLeaving: keptForm !== undefined,
      refresh: keptForm
        ? undefined
        : (departureOf(view, leave) ?? refreshOf(view, detail, returnTo, address)),
      data: {
        'base-path': place,
        requirement: ticket ?? link,
        'for-other': link === undefined ? undefined : '',
        state: view.state,
        show: detail,
        'return-to': returnTo,
        'leave-to': leaveTo,
        leave: departureOf(view, leave)?.url,
        action: action && JSON.stringify(action),
        form: hasForm(content) ? '' : undefined,
        'starts-on-page': startsOnPage ? '' : undefined,
        unkept,
      },
    });
  }

  /** The kept form, if it can still be sent. */
  async function findKeptForm(
    target: FlowTarget | undefined,
    requirement: Requirement | undefined,
    { state }: FlowView,
  ): Promise<KeptForm | undefined> {
    if (target === undefined || requirement?.form === undefined || state !== 'approved') return undefined;
    return keptForms.find(target, requirement.form);
  }

  /** What the ticket is for. The page itself says what is wrong with it. */
  function look(caller: Caller, target: FlowTarget | undefined, ticket: string | undefined): Subject {
    if (ticket === undefined) return { target, isUsable: false };
    try {
      const requirement = requirements.read(caller, ticket);
      if (requirement.expiresAt > clock.now()) return { target, requirement, isUsable: true };
      return { target, requirement, isUsable: false, error: requirementExpired() };
    } catch (error) {
      // A ticket that is not valid has nothing to do with a flow that happens to be under way.
      return wrong(error);
    }
  }

  /** The same for a link: what it leads to is in the record of the login that has asked for it. */
  async function lookAtLink(caller: Caller, own: FlowTarget | undefined, link: string): Promise<Subject> {
    try {
      const linked = links.open(caller, link);
      const { record } = await records.read(linked.key);
      const known = linkOf(linked, record);
      if (known === undefined || record?.flow === undefined) return wrong(linkInvalid());
      const { requirement, state } = record.flow;
      if (known.openedBy !== undefined) {
        if (known.openedBy !== own?.key) return wrong(linkInvalid());
        return { target: owners.linked(own, link), requirement, isUsable: false };
      }
      if (isDone(state)) return wrong(linkInvalid());
      if (state.context.expiresAt <= clock.now()) return wrong(requirementExpired());
      return { requirement, isUsable: true };
    } catch (error) {
      return wrong(error);
    }
  }

  async function findFlow(
    request: HostRequest,
    target: FlowTarget,
    requirement: Requirement | undefined,
    { since, whenGone }: Moment,
  ): Promise<ShownFlow | undefined> {
    const { record } = await records.read(target.key);
    if (record?.flow === undefined || ownedBy(target, record) === undefined) return undefined;
    if (target.link === undefined && !isShown(record, requirement, clock.now())) return undefined;
    const view = await driver.read(target);
    if (view === undefined || view.version !== since || whenGone === undefined || !isWaiting(view)) {
      return view && { flow: record.flow, view };
    }
    // If there is no free watcher slot, show the page as it is. It reloads when the provider is next polled.
    if (!watchers.hasRoom(target.key)) return { flow: record.flow, view };
    const until = clock.now() + PATIENCE_MS;
    const leave = watchers.enter(target.key);
    const later = await driver.watch(target, { version: view.version, until, whenGone }).finally(leave);
    if (!(await parts.owners.isStillSignedIn(request, target.caller))) throw signInFirst();
    return later && { flow: record.flow, view: later };
  }
}

/** What became of the refused form, once its approval is given. */
function formState({ requirement, view, keptForm }: PageContent): 'kept' | 'gone' | undefined {
  if (requirement?.form === undefined || view.state !== 'approved') return undefined;
  return keptForm ? 'kept' : 'gone';
}

/** Whether a form waits. Before the approval its name is enough; afterwards, there must be a form to send. */
function hasForm({ requirement, view, keptForm }: PageContent): boolean {
  return view.state === 'approved' ? keptForm !== undefined : requirement?.form !== undefined;
}

function actionOf({ policy: { action } }: Requirement): { title: string; details?: string } | undefined {
  if (action === undefined) return undefined;
  const { id, title = id, details } = action;
  return { title, ...(details !== undefined && { details }) };
}

type Address = (members?: {
  readonly show?: Detail | undefined;
  readonly since?: number | undefined;
  /** The version of the view that takes the user to the provider's page, once. */
  readonly leave?: number | undefined;
}) => string;

function wrong(error: unknown): Subject {
  if (error instanceof StepUpError) return { isUsable: false, error };
  throw error;
}

/** The address of the page that a link leads to. */
function linkPath(basePath: string, link: string): string {
  return `${basePath}/links/${link}`;
}

/** The addresses of the page for a ticket, or for a link. */
export function pageAddress(basePath: string, { ticket, link }: Pick<Moment, 'ticket' | 'link'>): Address {
  const page = link === undefined ? basePath : linkPath(basePath, link);
  return ({ show = 'none', since, leave } = {}) => {
    const query = new URLSearchParams({
      ...(ticket !== undefined && { requirement: ticket }),
      ...(show !== 'none' && { show }),
      ...(since !== undefined && { since: String(since) }),
      ...(leave !== undefined && { leave: String(leave) }),
    }).toString();
    return query === '' ? page : `${page}?${query}`;
  };
}

/** Whether something happens on this page without the user. */
function isWaiting({ state, allowedEvents }: FlowView): boolean {
  switch (state) {
    case 'authenticating':
      return !allowedEvents.includes('password.submit');
    case 'listing':
    case 'enrolling':
    case 'confirming':
    case 'challenging':
    case 'polling':
    case 'verifying':
    case 'identifying':
      return true;
    default:
      return false;
  }
}

/**
 * Takes the user to the provider's page, after the click that asked for it. It is keyed to the version that the click has
 * made, so that a user who comes back to the page by other means finds its buttons.
 */
function departureOf({ version, disclosure }: FlowView, leave: number | undefined): Refresh | undefined {
  const url = disclosure?.authorizationUrl;
  return url === undefined || version !== leave ? undefined : { seconds: 0, url, isCheck: false };
}

/** A page with an input never reloads by itself. One that waits reloads when the provider is next polled. */
function refreshOf(
  view: FlowView,
  detail: Detail,
  returnTo: string | undefined,
  address: Address,
): Refresh | undefined {
  const {
    state,
    version,
    now,
    nextPollAt = 0,
    resendAllowedAt = 0,
    retryAllowedAt = 0,
    messageAllowedAt = {},
  } = view;
  if (state === 'approved') {
    return returnTo === undefined ? undefined : { seconds: FAREWELL_SECONDS, url: returnTo, isCheck: false };
  }
  // What the user is typing must not be lost.
  if (detail !== 'none' || view.pushCode?.isAwaited === true) return undefined;
  const check = (at: number, url: string): Refresh => ({
    seconds: Math.max(1, Math.ceil((at - now) / 1_000)),
    url,
    isCheck: true,
  });
  if (isWaiting(view)) return check(nextPollAt, address({ since: version }));
  const wait = Math.max(resendAllowedAt, retryAllowedAt, ...Object.values(messageAllowedAt));
  const isAtRest = state === 'rejected' || state === 'expired' || state === 'failed';
  return isAtRest && wait > now ? check(wait, address()) : undefined;
}
