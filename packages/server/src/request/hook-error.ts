import { isStepUpError, StepUpError } from '@stepgate/core';
import { type HostRequest, pathOf } from './host-request.ts';

/** What is wrong with a function that the app has given, or with what it gave: in words, for the app's log. */
export class HookError extends TypeError {
  override readonly name = 'HookError';
}

const LONGEST_PATH = 256;

/**
 * What `identify` has thrown. Where it reads what is not there, the gate is mounted in front of what it reads, more
 * often than not.
 */
export function identifyError(error: unknown): Error {
  if (error instanceof HookError || isStepUpError(error)) return error;
  const advice =
    error instanceof TypeError ? '; is the gate mounted behind what it reads, the session for instance?' : '';
  return new HookError(`identify: ${wordsOf(error)}${advice}`, { cause: error });
}

/**
 * What a policy has thrown, or what is wrong with what it gave, and for which request. The client's fault, and told to it,
 * are an action of too many words, since a request has made it, and an error that is made to be shown as such
 * (`createError(400)` of http-errors, Koa's `ctx.throw(400)`).
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
  return error instanceof Error ? error.message : 'something that is no error';
}

/** An action whose words cannot be shown: the app's mistake if they are fixed, the client's if a request makes them. */
export class UnfitAction extends TypeError {}
