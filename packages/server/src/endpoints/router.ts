import { StepUpError } from '@stepgate/core';
import { CALLBACK_PATH } from '../flow/effect-performer.ts';
import { crossSite } from '../flow/errors.ts';
import { type LoginUrl, signedOut } from '../guard/signed-out.ts';
import type { Watchers } from '../limits/watchers.ts';
import { errorResponse, isFault, toStepUpError } from '../request/error-response.ts';
import { type HostRequest, isUnder, pathOf, toResponse } from '../request/host-request.ts';
import { isNavigation } from '../request/navigation.ts';
import { assertNamesHost, siteOf } from '../request/same-origin.ts';
import { createAuthenticatorEndpoints } from './authenticator-endpoints.ts';
import type { Authenticators } from './authenticators.ts';
import type { Endpoint } from './call/call.ts';
import type { EndpointParts } from './call/parts.ts';
import { createFlowEndpoints } from './flow-endpoints.ts';
import { assetResponse } from './page/assets.ts';
import { createFlowPage } from './page/flow-page.ts';
import { createPageEndpoints } from './page/page-endpoints.ts';
import { createFormTokens, isFormPost } from './page/page-form.ts';
import { createProblemPages } from './page/problem-page.ts';
import { createReturnEndpoints } from './page/return-endpoints.ts';
import { createPingEndpoint } from './ping-endpoint.ts';

/** Answers the requests under the base path; `undefined` for everything else. */
export type Endpoints<Native = unknown> = (
  request: HostRequest<Native>,
  web: () => Request | Promise<Request>,
) => Promise<Response | undefined>;

/** What the endpoints need besides what all of them share. */
export interface EndpointsOptions {
  readonly loginUrl: LoginUrl | undefined;
  /** `undefined` if authenticators are not managed here. */
  readonly authenticators: Authenticators | undefined;
  /** Whether a client may begin a flow with an `mfa_token` that it obtained itself. */
  readonly takesMfaToken: boolean;
  /** Whether users come back here from the provider's page. */
  readonly takesReturns: boolean;
  /** The public keys of receipts. */
  readonly receiptKeys: () => object;
  readonly watchers: Watchers;
  /** Whether the provider pings. */
  readonly takesPings: boolean;
}

/** The endpoints of a path, by method. */
type Methods = Readonly<Record<string, Endpoint>>;

/** Creates the endpoints: the page, its assets, and the flow as a resource. */
export function createEndpoints(parts: EndpointParts, options: EndpointsOptions): Endpoints {
  const { basePath } = parts;
  const { origins } = parts.callers;
  const routes = routesOf(parts, options);

  async function answer(request: HostRequest, web: () => Request | Promise<Request>): Promise<Response> {
    try {
      const path = pathOf(request).slice(basePath.length).replace(/\/$/, '');
      const { link, rest } = splitLink(path);
      const { methods, name } = find(link === undefined ? routes.own : routes.linked, rest);
      const endpoint = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
      if (endpoint === undefined) throw methodNotAllowed(Object.keys(methods));
      assertNamesHost(request);
      return await endpoint({ request, web, name, link });
    } catch (error) {
      const known = toStepUpError(error);
      if (isFault(known)) parts.runtime.onError(error);
      return toResponse(errorResponse(known));
    }
  }

  return async function endpoints(request, web) {
    if (!isUnder(pathOf(request), basePath)) return undefined;
    return origins.share(request, origins.preflight(request) ?? (await answer(request, web)));
  };
}

/** What is served below the base path, and below the address of a link. `*` stands for one segment. */
interface Routes {
  readonly own: Readonly<Record<string, Methods>>;
  readonly linked: Readonly<Record<string, Methods>>;
}

function routesOf(parts: EndpointParts, options: EndpointsOptions): Routes {
  const { loginUrl, authenticators, watchers, takesMfaToken, takesPings } = options;
  const tokens = createFormTokens(parts.state.sealer);
  const problems = createProblemPages(parts);
  const returns = options.takesReturns ? createReturnEndpoints(parts, problems) : undefined;
  const pages = createPageEndpoints(parts, {
    tokens,
    problems,
    flowPage: createFlowPage(parts, { tokens, watchers }),
    signedOut: (request) => toResponse(signedOut(request, loginUrl).response),
  });
  const flow = createFlowEndpoints(parts, { takesMfaToken, watchers });
  const devices = authenticators && createAuthenticatorEndpoints(parts, { authenticators, loginUrl });

  /** For a script of this site or an allowed origin, or a client that is not a browser. */
  const forScripts =
    (endpoint: Endpoint): Endpoint =>
    async (call) => {
      if (siteOf(call.request) === 'other' && !parts.callers.origins.areCalling(call.request))
        throw crossSite();
      return endpoint(call);
    };

  const linked = {
    '': { GET: pages.page },
    '/flow': {
      GET: forScripts(flow.read),
      POST: either(isFormPost, pages.start, forScripts(flow.start)),
      DELETE: forScripts(flow.cancel),
    },
    '/flow/events': { POST: either(isFormPost, pages.send, forScripts(flow.send)) },
  };
  const own = {
    ...linked,
    '/assets/*': { GET: asset, HEAD: asset },
    '/jwks.json': { GET: async () => keySet(options.receiptKeys()) },
    '/links': { POST: forScripts(flow.link) },
    ...(returns && { [CALLBACK_PATH]: { GET: returns.callback }, '/done': { GET: returns.done } }),
    // For the provider, which has no cookie and no origin.
    ...(takesPings && { '/ciba': { POST: createPingEndpoint({ ...parts, sealer: parts.state.sealer }) } }),
    ...(devices && {
      '/authenticators': {
        GET: either(isNavigation, devices.page, forScripts(devices.list)),
        POST: forScripts(devices.add),
      },
      '/authenticators/*': { DELETE: forScripts(devices.remove) },
    }),
  };
  return { own, linked };
}

/** The link that a path names, and the path below it. */
function splitLink(path: string): { readonly link?: string | undefined; readonly rest: string } {
  const [, link, rest = ''] = /^\/links\/([\w.~-]+)(\/.*)?$/.exec(path) ?? [];
  return link === undefined ? { rest: path } : { link, rest };
}

function either(test: (request: HostRequest) => boolean, one: Endpoint, other: Endpoint): Endpoint {
  return (call) => (test(call.request) ? one(call) : other(call));
}

async function asset({ request, name }: Parameters<Endpoint>[0]): Promise<Response> {
  const response = await assetResponse(name, request.header('if-none-match'));
  if (response === undefined) throw unknownPath();
  return response;
}

/** Public, for every service that verifies receipts. */
function keySet(keys: object): Response {
  const headers = { 'content-type': 'application/jwk-set+json', 'cache-control': 'public, max-age=300' };
  return new Response(JSON.stringify(keys), { headers });
}

function find(
  routes: Readonly<Record<string, Methods>>,
  path: string,
): { readonly methods: Methods; readonly name: string } {
  const start = path.lastIndexOf('/') + 1;
  const name = path.slice(start);
  const pattern = [path, `${path.slice(0, start)}*`].find((one) => Object.hasOwn(routes, one));
  const methods = pattern === undefined ? undefined : routes[pattern];
  if (methods === undefined) throw unknownPath();
  return { methods, name };
}

function unknownPath(): StepUpError {
  return new StepUpError('not_found', 'there is no such endpoint');
}

function methodNotAllowed(allowed: readonly string[]): StepUpError {
  return new StepUpError('method_not_allowed', `this endpoint takes ${allowed.join(', ')}`, {
    headers: { allow: allowed.join(', ') },
  });
}
