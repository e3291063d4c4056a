import { parseRequest, StepUpError } from '@stepgate/core';
import * as v from 'valibot';
import { notFound, signInFirst } from '../flow/errors.ts';
import { targetOf } from '../flow/parts.ts';
import { WATCH_AGAIN_SECONDS, type Watchers } from '../limits/watchers.ts';
import { LONGEST_TICKET } from '../policy/requirement.ts';
import { readJson } from '../request/body.ts';
import { PRIVATE_HEADERS } from '../request/error-response.ts';
import { originOf, toResponse } from '../request/host-request.ts';
import { wantsEventStream } from '../request/navigation.ts';
import type { Call, Endpoint } from './call/call.ts';
import type { EndpointParts } from './call/parts.ts';
import { eventStream } from './event-stream.ts';
import { etagOf, viewResponse } from './view-response.ts';

/** A flow as a resource: clients read its view, wait for changes and send events. */
export interface FlowEndpoints {
  /** Serves the view: at once, by a long poll (`Prefer: wait`), or as an event stream. */
  readonly read: Endpoint;
  /** Begins a flow for a requirement, or joins the one under way for it. */
  readonly start: Endpoint;
  /** Makes a link, by which another login of the user can run the flow for this one. */
  readonly link: Endpoint;
  /** Takes one event from the user. */
  readonly send: Endpoint;
  readonly cancel: Endpoint;
}

/** What these endpoints need besides what all endpoints share. */
export interface FlowEndpointsOptions {
  /** Whether a client may begin a flow with an `mfa_token` that it obtained itself. */
  readonly takesMfaToken: boolean;
  readonly watchers: Watchers;
}

const LONGEST_WAIT_SECONDS = 55;
const SealedText = v.pipe(v.string(), v.minLength(1), v.maxLength(LONGEST_TICKET));
const LinkSchema = v.object({ requirement: SealedText });
const StartSchema = v.object({ requirement: SealedText, mfa_token: v.exactOptional(SealedText) });

/** Creates the endpoints. They all answer scripts, and clients that are not browsers. */
export function createFlowEndpoints(parts: EndpointParts, options: FlowEndpointsOptions): FlowEndpoints {
  const { basePath, driver, requirements } = parts;
  const { handles } = parts.callers;
  const { isStillSignedIn, linked, mustBeSignedIn, mustOwn } = parts.owners;
  const { clock, closing } = parts.runtime;
  const { watchers } = options;

  async function start({ request, web, link }: Call): Promise<Response> {
    const caller = await mustBeSignedIn(request);
    const body = v.safeParse(StartSchema, await readJson(await web()));
    if (!body.success) {
      throw new StepUpError(
        'invalid_request',
        'Send {"requirement": "…"}, as given in the 401. It may also hold an "mfa_token".',
      );
    }
    if (body.output.mfa_token !== undefined && !options.takesMfaToken) {
      throw new StepUpError(
        'invalid_request',
        'This app does not accept an mfa_token from clients. Set firstLeg.mfaToken to allow it.',
      );
    }
    const { requirement, mfa_token: mfaToken } = body.output;
    const { handle, headers, isTravelling } = handles.hold(request);
    const own = targetOf(request, caller, handle);
    const inputs = { isTravelling, ...(mfaToken !== undefined && { mfaToken }) };
    const { view, isJoined } =
      link === undefined
        ? await driver.start(own, requirements.open(caller, requirement), inputs)
        : await driver.open(linked(own, link), inputs);
    return respondWithView(view, isJoined ? 200 : 201, headers);
  }

  async function makeLink({ request, web }: Call): Promise<Response> {
    const caller = await mustBeSignedIn(request);
    const body = v.safeParse(LinkSchema, await readJson(await web()));
    if (!body.success) {
      throw new StepUpError('invalid_request', 'Send {"requirement": "…"}, as given in the 401.');
    }
    const { handle, headers, isTravelling } = handles.hold(request);
    const target = targetOf(request, caller, handle);
    const requirement = requirements.open(caller, body.output.requirement);
    const { path, expiresAt } = await driver.offer(target, requirement, { isTravelling });
    const url = `${originOf(request)}${basePath}${path}`;
    return Response.json({ url, expiresAt }, { status: 201, headers: { ...PRIVATE_HEADERS, ...headers } });
  }

  async function read({ request, link }: Call): Promise<Response> {
    const target = await mustOwn(request, link);
    const view = await driver.read(target);
    if (view === undefined) throw notFound(basePath);
    const version = versionOf(request.header('if-none-match'));
    const isNews = version !== view.version;
    if (wantsEventStream(request)) {
      // Sending what is at hand costs no more than a refusal.
      if (isNews && !watchers.hasRoom(target.key)) {
        return respondWithView(view, 200, { 'retry-after': `${WATCH_AGAIN_SECONDS}` });
      }
      return eventStream({
        driver,
        target,
        first: view,
        whenGone: (callback) => request.whenGone(callback),
        isStillTheirs: () => isStillSignedIn(request, target.caller),
        leave: watchers.enter(target.key),
        runtime: parts.runtime,
      });
    }
    if (isNews) return respondWithView(view, 200);
    const seconds = Math.min(LONGEST_WAIT_SECONDS, waitOf(request.header('prefer')));
    const until = clock.now() + seconds * 1_000;
    // A read that does not wait does not count as a watcher.
    const leave = seconds > 0 ? watchers.enter(target.key) : undefined;
    const later = await driver
      .watch(target, { version, until, whenGone: (callback) => request.whenGone(callback) })
      .finally(leave);
    if (seconds > 0 && !(await isStillSignedIn(request, target.caller))) throw signInFirst();
    if (later === undefined) throw notFound(basePath);
    if (later.version !== version) return respondWithView(later, 200);
    const hint = closing.aborted ? { 'retry-after': '1' } : {};
    return new Response(null, { status: 304, headers: { ...PRIVATE_HEADERS, etag: etagOf(later), ...hint } });
  }

  async function send({ request, web, link }: Call): Promise<Response> {
    const target = await mustOwn(request, link);
    const event = parseRequest(await readJson(await web()));
    const version = versionOf(request.header('if-match'));
    if (version === undefined) {
      throw new StepUpError('version_required', "Send the view's version in If-Match.");
    }
    return respondWithView(await driver.request(target, event, version), 200);
  }

  async function cancel({ request, link }: Call): Promise<Response> {
    const target = await mustOwn(request, link);
    return respondWithView(await driver.request(target, { type: 'flow.cancel' }, undefined), 200);
  }

  return { read, start, link: makeLink, send, cancel };
}

function versionOf(header: string | undefined): number | undefined {
  const match = /^(?:W\/)?"(\d{1,15})"$/.exec(header?.trim() ?? '');
  return match === null ? undefined : Number(match[1]);
}

/** `Prefer: wait=25` (RFC 7240, section 4.3). */
function waitOf(header: string | undefined): number {
  return Number(/(?:^|[,;\s])wait=(\d{1,4})/.exec(header ?? '')?.[1] ?? 0);
}

function respondWithView(...view: Parameters<typeof viewResponse>): Response {
  return toResponse(viewResponse(...view));
}
