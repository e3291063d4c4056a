import type { ReasonCode } from '@stepgate/core';
import type { RemoteError } from '../remote/remote-error.ts';

/** The call was not made again, because there was no approval: the user cancelled, or closed the dialog. */
export class StepUpCancelled extends Error {
  override readonly name = 'StepUpCancelled';
  readonly code = 'cancelled';
  /** Where the flow stood; `rejected`, for instance, when the user denied the push and then closed the dialog. */
  readonly reason: ReasonCode | RemoteError['code'];

  constructor(reason: ReasonCode | RemoteError['code'] = 'cancelled') {
    super(`The step-up ended without an approval (${reason}), so the call was not repeated.`);
    this.reason = reason;
  }
}
