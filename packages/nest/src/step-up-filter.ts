import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { errorBody, errorResponse, type HostResponse, StepUpError } from '@stepgate/server';
import { answer } from './answer.ts';

/** What guards answer to the request that they have refused with this error. */
export const answers = new WeakMap<StepUpError, HostResponse>();

/**
 * Answers what `@StepUp` and `gate.assert` refuse. `StepUpModule` registers it for the whole app. An app's filter that
 * catches everything goes before it, when it is on the controller, on the handler, or in `useGlobalFilters`: inject this
 * one there, and hand it every `StepUpError`, or answer with the error's `status` and `headers`.
 *
 * In GraphQL, the error has what a client needs for a step-up in its `extensions`.
 */
export class StepUpFilter implements ExceptionFilter<StepUpError> {
  readonly #adapterHost: HttpAdapterHost;

  constructor(adapterHost: HttpAdapterHost) {
    this.#adapterHost = adapterHost;
  }

  catch(error: StepUpError, host: ArgumentsHost): void {
    if (host.getType() !== 'http') {
      const extensions = errorBody(error);
      throw Object.assign(new Error(String(extensions.error_description)), { extensions });
    }
    const { httpAdapter } = this.#adapterHost;
    const reply = host.switchToHttp().getResponse<unknown>();
    if (!httpAdapter.isHeadersSent(reply))
      answer(httpAdapter, reply, answers.get(error) ?? errorResponse(error));
  }
}

Catch(StepUpError)(StepUpFilter);
Inject(HttpAdapterHost)(StepUpFilter, undefined, 0);
