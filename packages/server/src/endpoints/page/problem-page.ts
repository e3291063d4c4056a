import type { StepUpError } from '@stepgate/core';
import { flowToHtml, idleView } from '@stepgate/web/html';
import { isFault, toStepUpError } from '../../request/error-response.ts';
import type { HostRequest } from '../../request/host-request.ts';
import type { Endpoint } from '../call/call.ts';
import type { EndpointParts } from '../call/parts.ts';
import { pageResponse } from './page-shell.ts';

/** Pages that say what is wrong. */
export interface ProblemPages {
  readonly problemPage: (request: HostRequest, error: StepUpError) => Response;
  /** Errors as pages, for requests whose response the user sees. */
  readonly withProblems: (endpoint: Endpoint, isSeen: (request: HostRequest) => boolean) => Endpoint;
}

/** Makes the pages. */
export function createProblemPages({ basePath, textsOf, runtime }: EndpointParts): ProblemPages {
  const { clock, onError } = runtime;

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

  return {
    problemPage,
    withProblems: (endpoint, isSeen) => async (call) => {
      try {
        return await endpoint(call);
      } catch (thrown) {
        if (!isSeen(call.request)) throw thrown;
        const error = toStepUpError(thrown);
        if (isFault(error)) onError(thrown);
        return problemPage(call.request, error);
      }
    },
  };
}
