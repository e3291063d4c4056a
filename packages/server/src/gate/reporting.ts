import type { StepUpError } from '@stepgate/core';
import type { Decision } from '../guard/decision.ts';
import { errorResponse, isFault, toStepUpError } from '../request/error-response.ts';

/** Turns any thrown value into a `StepUpError`, and reports faults to the app. */
export interface Reporting {
  /** @throws StepUpError always. */
  readonly rethrow: (error: unknown) => never;
  /** A decision that refuses the request because of the error. */
  readonly refusalOf: (error: unknown) => Extract<Decision, { isAllowed: false }>;
}

/** Makes the reporting. */
export function createReporting(onError: (error: unknown) => void): Reporting {
  function reported(error: unknown): StepUpError {
    const known = toStepUpError(error);
    if (isFault(known)) onError(error);
    return known;
  }

  return {
    rethrow(error) {
      throw reported(error);
    },
    refusalOf(error) {
      const known = reported(error);
      return { isAllowed: false, error: known, response: errorResponse(known) };
    },
  };
}
