import { parseReturn, StepUpError } from '@stepgate/core';
import { escapeHtml } from '@stepgate/web/html';
import { CALLBACK_PATH } from '../../flow/effect-performer.ts';
import { signInFirst, unknownReturn } from '../../flow/errors.ts';
import { targetOf } from '../../flow/parts.ts';
import { PRIVATE_HEADERS } from '../../request/error-response.ts';
import type { HostRequest } from '../../request/host-request.ts';
import type { Call, Endpoint } from '../call/call.ts';
import type { EndpointParts } from '../call/parts.ts';
import { pageAddress } from './flow-page.ts';
import { pageResponse } from './page-shell.ts';
import type { ProblemPages } from './problem-page.ts';

/** Where users come back to from the provider's page. */
export interface ReturnEndpoints {
  /** Takes the return, and sends the browser on. */
  readonly callback: Endpoint;
  /** The last page of a window that was opened for the provider's page. */
  readonly done: Endpoint;
}

/** Marks the second try of a browser that came without its cookies. */
const AGAIN = 'again';

const RETURN_HEADERS = {
  ...PRIVATE_HEADERS,
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
} as const;

/** Creates the endpoints. */
export function createReturnEndpoints(parts: EndpointParts, { withProblems }: ProblemPages): ReturnEndpoints {
  const { basePath, driver, requirements, textsOf } = parts;
  const { callerOf, handles } = parts.callers;

  async function callback({ request }: Call): Promise<Response> {
    mustBePageLoad(request);
    const query = queryOf(request);
    const returned = parseReturn(query);
    const caller = await callerOf(request);
    const handle = caller && handles.read(request);
    if (caller === undefined || handle === undefined) {
      if (!returned.parameters.has(AGAIN)) return again(request, query);
      throw caller === undefined ? signInFirst() : unknownReturn();
    }
    const { display, requirement } = await driver.comeBack(targetOf(request, caller, handle), returned);
    const location =
      display === 'popup'
        ? `${basePath}/done`
        : pageAddress(basePath, { ticket: requirements.reissue(caller, requirement), link: undefined })();
    return new Response(null, { status: 303, headers: { ...RETURN_HEADERS, location } });
  }

  /** A browser keeps cookies with SameSite=Strict back from another site's redirect, but not from our own page's. */
  function again(request: HostRequest, query: string): Response {
    const { checkAgain, continue: goOn, language } = textsOf(request).flow;
    const url = escapeHtml(`${basePath}${CALLBACK_PATH}?${query}&${AGAIN}=1`);
    const html = `<!doctype html>
<html lang="${escapeHtml(language)}">
<head>
<meta charset="utf-8">
<meta name="robots" content="noindex">
<title>${escapeHtml(checkAgain)}</title>
<meta http-equiv="refresh" content="0; url=${url}">
</head>
<body><p><a href="${url}">${escapeHtml(goOn)}</a></p></body>
</html>
`;
    return new Response(html, {
      headers: { ...RETURN_HEADERS, 'content-type': 'text/html; charset=utf-8' },
    });
  }

  async function done({ request }: Call): Promise<Response> {
    const { flow: texts } = textsOf(request);
    const { heading, lead } = texts.hosted.done;
    return pageResponse({
      basePath,
      texts: { flow: texts },
      title: heading,
      card: `<h1>${escapeHtml(heading)}</h1><p>${escapeHtml(lead)}</p>`,
      script: 'stepgate-done.js',
      site: request.host,
    });
  }

  return { callback: withProblems(callback, () => true), done };
}

/** Frames, prefetches and scripts of other sites can load the address too. Nothing is done for them. */
function mustBePageLoad(request: HostRequest): void {
  const mode = request.header('sec-fetch-mode') ?? 'navigate';
  const destination = request.header('sec-fetch-dest') ?? 'document';
  const isAhead = request.header('sec-purpose') !== undefined || request.header('purpose') === 'prefetch';
  if (mode === 'navigate' && destination === 'document' && !isAhead) return;
  throw new StepUpError('invalid_request', 'Only a page load can come back from the sign-in page.');
}

function queryOf({ url }: HostRequest): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start + 1);
}
