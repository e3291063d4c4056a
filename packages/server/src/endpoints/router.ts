import { parseRequest, StepUpError } from '@stepgate/core';
import { authenticatorsToHtml } from '@stepgate/web/html';
import * as v from 'valibot';
import { crossSite, notFound, signInFirst } from '../flow/errors.ts';
import { targetOf } from '../flow/target.ts';
import { type LoginUrl, signedOut } from '../guard/signed-out.ts';
import { WATCH_AGAIN_SECONDS, type Watchers } from '../limits/watchers.ts';
import { LONGEST_TICKET } from '../policy/requirement.ts';
import { readJson } from '../request/body.ts';
import { errorResponse, isFault, PRIVATE_HEADERS, toStepUpError } from '../request/error-response.ts';
import { type HostRequest, type HostResponse, isUnder, originOf, pathOf } from '../request/host-request.ts';
import { isNavigation } from '../request/navigation.ts';
import { siteOf } from '../request/same-origin.ts';
import { assetResponse } from './assets.ts';
import type { Authenticators } from './authenticators.ts';
import type { Call, Endpoint } from './call.ts';
import { eventStream } from './event-stream.ts';
import { createFlowPage } from './flow-page.ts';
import { createPageEndpoints } from './page-endpoints.ts';
import { createFormTokens, isFormPost } from './page-form.ts';
import { pageResponse } from './page-shell.ts';
import type { EndpointParts } from './parts.ts';
import { etagOf, viewResponse } from './view-response.ts';

/** Answers the requests under the base path; `undefined` for everything else. */
export type Endpoints<Native = unknown> = (
  request: HostRequest<Native>,
  web: () => Request | Promise<Request>,
) => Promise<Response | undefined>;

/** What the endpoints are made of, beside what all of them share. */
export interface EndpointsOptions {
  readonly loginUrl: LoginUrl | undefined;
  /** `undefined` where authenticators are not managed here. */
  readonly authenticators: Authenticators | undefined;
  /** Whether a client may begin a flow with an `mfa_token` that it got by itself. */
  readonly takesMfaToken: boolean;
  readonly watchers: Watchers;
}

const LONGEST_WAIT_SECONDS = 55;
const SealedText = v.pipe(v.string(), v.minLength(1), v.maxLength(LONGEST_TICKET));
const ASSET_METHODS = ['GET', 'HEAD'];
const StartSchema = v.object({ requirement: SealedText, mfa_token: v.exactOptional(SealedText) });

/** Creates the endpoints: the page, its assets, and the flow as a resource. */
export function createEndpoints(parts: EndpointParts, options: EndpointsOptions): Endpoints {
  const { basePath, driver, requirements } = parts;
  const { handles, origins } = parts.callers;
  const { callerOf, isStillSignedIn, mustBeSignedIn, mustOwn } = parts.owners;
  const { clock, closing, onError } = parts.runtime;
  const { watchers } = options;
  const tokens = createFormTokens(parts.state.sealer);
  const forms = createPageEndpoints(parts, {
    tokens,
    flowPage: createFlowPage(parts, { tokens, watchers }),
    signedOut: (request) => toResponse(signedOut(request, options.loginUrl).response),
  });

  const routes: Readonly<Record<string, Readonly<Record<string, Endpoint>>>> = {
    '': { GET: forms.page },
    '/flow': {
      GET: read,
      POST: (call) => (isFormPost(call.request) ? forms.start(call) : start(call)),
      DELETE: cancel,
    },
    '/flow/events': { POST: (call) => (isFormPost(call.request) ? forms.send(call) : send(call)) },
    ...(options.authenticators && {
      '/authenticators': { GET: list(options.authenticators), POST: add(options.authenticators) },
    }),
  };

  /** The endpoints of a path, by method. */
  function methodsOf(path: string): Readonly<Record<string, Endpoint>> | undefined {
    if (Object.hasOwn(routes, path)) return routes[path];
    const [, id] = /^\/authenticators\/([^/]+)$/.exec(path) ?? [];
    if (options.authenticators === undefined || id === undefined) return undefined;
    return { DELETE: remove(options.authenticators, id) };
  }

  return async function endpoints(request, web) {
    const path = pathOf(request);
    if (!isUnder(path, basePath)) return undefined;
    const rest = path.slice(basePath.length).replace(/\/$/, '');
    return origins.share(request, origins.preflight(request) ?? (await answer({ request, web }, rest)));
  };

  async function answer({ request, web }: Call, rest: string): Promise<Response> {
    try {
      if (rest.startsWith('/assets/')) {
        if (!ASSET_METHODS.includes(request.method)) throw methodNotAllowed(ASSET_METHODS);
        const name = rest.slice('/assets/'.length);
        return (await assetResponse(name, request.header('if-none-match'))) ?? unknownPath();
      }
      const methods = methodsOf(rest);
      if (methods === undefined) return unknownPath();
      const endpoint = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
      if (endpoint === undefined) throw methodNotAllowed(Object.keys(methods));
      if (!URL.canParse(originOf(request))) {
        throw new StepUpError('invalid_request', 'the Host header names no host');
      }
      return await endpoint({ request, web });
    } catch (error) {
      const known = toStepUpError(error);
      if (isFault(known)) onError(error);
      return toResponse(errorResponse(known));
    }
  }

  function list(authenticators: Authenticators): Endpoint {
    return async ({ request }) => {
      if (isNavigation(request)) return devicesPage(request);
      mustBeOurs(request);
      return toResponse(await authenticators.list(request));
    };
  }

  /** The page asks for the list by itself, and for an approval when the user clicks. */
  async function devicesPage(request: HostRequest): Promise<Response> {
    const caller = await callerOf(request);
    if (caller === undefined) return toResponse(signedOut(request, options.loginUrl).response);
    const texts = parts.textsOf(request);
    const { html, heading } = authenticatorsToHtml(texts.authenticators);
    return pageResponse({
      basePath,
      texts,
      title: heading,
      card: html,
      script: 'stepgate-authenticators.js',
      data: { 'base-path': basePath },
      site: request.host,
    });
  }

  function add(authenticators: Authenticators): Endpoint {
    return async ({ request, web }) => {
      mustBeOurs(request);
      await mustBeSignedIn(request);
      return toResponse(await authenticators.add(request, await readJson(await web())));
    };
  }

  function remove(authenticators: Authenticators, escapedId: string): Endpoint {
    return async ({ request }) => {
      mustBeOurs(request);
      return toResponse(await authenticators.remove(request, unescapeId(escapedId)));
    };
  }

  /** A script's call from this site or an allowed origin, or a client that is no browser. */
  function mustBeOurs(request: HostRequest<unknown>): void {
    if (siteOf(request) !== 'other' || origins.areCalling(request)) return;
    throw crossSite();
  }

  async function start({ request, web }: Call): Promise<Response> {
    mustBeOurs(request);
    const caller = await mustBeSignedIn(request);
    const body = v.safeParse(StartSchema, await readJson(await web()));
    if (!body.success) {
      throw new StepUpError(
        'invalid_request',
        'the body must be {"requirement": "…"} as the 401 has given it, and may hold an "mfa_token"',
      );
    }
    if (body.output.mfa_token !== undefined && !options.takesMfaToken) {
      throw new StepUpError('invalid_request', 'this app takes no mfa_token (firstLeg.mfaToken)');
    }
    const requirement = requirements.open(caller, body.output.requirement);
    const { handle, headers, isTravelling } = handles.hold(request);
    const { view, isJoined } = await driver.start(targetOf(request, caller, handle), requirement, {
      isTravelling,
      ...(body.output.mfa_token !== undefined && { mfaToken: body.output.mfa_token }),
    });
    return respondWithView(view, isJoined ? 200 : 201, headers);
  }

  async function read({ request }: Call): Promise<Response> {
    mustBeOurs(request);
    const target = await mustOwn(request);
    const view = await driver.read(target);
    if (view === undefined) throw notFound(basePath);
    const version = versionOf(request.header('if-none-match'));
    const isNews = version !== view.version;
    if (request.header('accept')?.includes('text/event-stream') === true) {
      // What is in hand is no more work to give than a refusal.
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
    // A read that does not wait takes no watcher's place.
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

  async function send({ request, web }: Call): Promise<Response> {
    mustBeOurs(request);
    const target = await mustOwn(request);
    const event = parseRequest(await readJson(await web()));
    const version = versionOf(request.header('if-match'));
    if (version === undefined) {
      throw new StepUpError('version_required', "send the view's version in If-Match");
    }
    return respondWithView(await driver.request(target, event, version), 200);
  }

  async function cancel({ request }: Call): Promise<Response> {
    mustBeOurs(request);
    const target = await mustOwn(request);
    return respondWithView(await driver.request(target, { type: 'flow.cancel' }, undefined), 200);
  }
}

const LONGEST_ID = 256;

function unescapeId(escaped: string): string {
  try {
    const id = decodeURIComponent(escaped);
    if (id.length <= LONGEST_ID && !/[\s\p{Cc}]/u.test(id)) return id;
  } catch {
    // Not UTF-8, so not an id that exists.
  }
  throw new StepUpError('not_found', 'this is no id of a sign-in device');
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

function toResponse({ status, headers, body }: HostResponse): Response {
  return new Response(body, { status, headers });
}

function unknownPath(): Response {
  return toResponse(errorResponse(new StepUpError('not_found', 'there is no such endpoint')));
}

function methodNotAllowed(allowed: readonly string[]): StepUpError {
  return new StepUpError('method_not_allowed', `this endpoint takes ${allowed.join(', ')}`, {
    headers: { allow: allowed.join(', ') },
  });
}
