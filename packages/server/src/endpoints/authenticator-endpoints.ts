import { StepUpError } from '@stepgate/core';
import { authenticatorsToHtml } from '@stepgate/web/html';
import { type LoginUrl, signedOut } from '../guard/signed-out.ts';
import { readJson } from '../request/body.ts';
import { toResponse } from '../request/host-request.ts';
import type { Authenticators } from './authenticators.ts';
import type { Endpoint } from './call/call.ts';
import type { EndpointParts } from './call/parts.ts';
import { pageResponse } from './page/page-shell.ts';

/** The user's authenticators as resources, and the page that manages them. */
export interface AuthenticatorEndpoints {
  readonly page: Endpoint;
  readonly list: Endpoint;
  readonly add: Endpoint;
  readonly remove: Endpoint;
}

/** What these endpoints need besides what all endpoints share. */
export interface AuthenticatorEndpointsOptions {
  readonly authenticators: Authenticators;
  readonly loginUrl: LoginUrl | undefined;
}

/** Creates the endpoints. */
export function createAuthenticatorEndpoints(
  { basePath, owners, textsOf }: EndpointParts,
  { authenticators, loginUrl }: AuthenticatorEndpointsOptions,
): AuthenticatorEndpoints {
  return {
    /** The page asks for the list when it loads, and for an approval when the user clicks. */
    async page({ request }) {
      const caller = await owners.callerOf(request);
      if (caller === undefined) return toResponse(signedOut(request, loginUrl).response);
      const texts = textsOf(request);
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
    },
    async list({ request }) {
      return toResponse(await authenticators.list(request));
    },
    async add({ request, web }) {
      await owners.mustBeSignedIn(request);
      return toResponse(await authenticators.add(request, await readJson(await web())));
    },
    async remove({ request, name }) {
      return toResponse(await authenticators.remove(request, unescapeId(name)));
    },
  };
}

const LONGEST_ID = 256;

function unescapeId(escaped: string): string {
  try {
    const id = decodeURIComponent(escaped);
    if (id.length <= LONGEST_ID && !/[\s\p{Cc}]/u.test(id)) return id;
  } catch {
    // Not UTF-8, so no authenticator has this id.
  }
  throw new StepUpError('not_found', 'This is not the id of a sign-in device.');
}
