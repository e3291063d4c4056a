import { isStepUpError, StepUpError } from '@stepgate/core';
import { type HostRequest, pathOf } from './host-request.ts';

/** What is wrong with one of the app's functions, or with what it returned. For the app's log. */
export class HookError extends TypeError {
  override readonly name = 'HookError';
}

const LONGEST_PATH = 256;

/** What `identify` has thrown. The usual reason is that the gate is mounted before what `identify` reads. */
export function identifyError(error: unknown): Error {
  if (error instanceof HookError || isStepUpError(error)) return error;
  const advice =
    error instanceof TypeError ? '; mount the gate after what it reads, such as the session' : '';
  return new HookError(`identify: ${wordsOf(error)}${advice}`, { cause: error });
}

/**
 * What a policy has thrown, or what is wrong with what it returned, and for which request. Two cases are the client's
 * fault, and the client is told: an action with too many words, because a request made it so, and an error meant for
 * the client (`createError(400)` of http-errors, Koa's `ctx.throw(400)`).
 */
export function policyError(error: unknown, request: HostRequest<unknown>): Error {
  if (error instanceof HookError || isStepUpError(error)) return error;
  const status = error instanceof UnfitAction ? 400 : clientStatus(error);
  if (status !== undefined) return new StepUpError('invalid_request', wordsOf(error), { status });
  const where = `${request.method} ${pathOf(request).slice(0, LONGEST_PATH)}`;
  return new HookError(`policy of ${where}: ${wordsOf(error)}`, { cause: error });
}

function clientStatus(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const { status, expose } = error as { readonly status?: unknown; readonly expose?: unknown };
  if (expose !== true || typeof status !== 'number' || !Number.isInteger(status)) return undefined;
  return status >= 400 && status < 500 ? status : undefined;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : 'something that is not an error';
}

/**
 * An action whose words cannot be shown: the app's mistake if they are fixed, the client's if a request supplies
 * them.
 */
export class UnfitAction extends TypeError {}
