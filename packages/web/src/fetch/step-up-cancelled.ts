import type { ReasonCode } from '@stepgate/core';
import type { RemoteError } from '../remote/remote-error.ts';

/** The call was not made, because the step-up did not come to an approval: the user cancelled or closed it. */
export class StepUpCancelled extends Error {
  override readonly name = 'StepUpCancelled';
  readonly code = 'cancelled';
  /** Where the flow stood: `rejected`, say, when the user said no on the phone and then closed the dialog. */
  declare readonly reason: ReasonCode | RemoteError['code'];

  constructor(reason: ReasonCode | RemoteError['code'] = 'cancelled') {
    super(`no approval: ${reason}`);
    this.reason = reason;
  }
}
