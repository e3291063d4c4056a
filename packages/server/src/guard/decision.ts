import type { TokenSet } from '@stepgate/core';
import type { ReceiptOptions } from '../receipts/receipts.ts';
import type { Approval } from '../records/handle-record.ts';
import type { Refusal } from './refusal.ts';

/** What a guarded handler sees of the approval that let it run. */
export interface StepUp {
  readonly approval: Approval;
  /**
   * The tokens that came with the approval (the refresh token aside), where the policy that it was given for has
   * `keepTokens`; `undefined` otherwise, and once they have run out. Opened at this call, and nowhere kept in the clear.
   */
  tokens(): TokenSet | undefined;
  /**
   * The approval as a signed token, for a service that the handler calls: who approved, when, by which factor, and the
   * digest of what was bound. Valid for a minute by default; see `verifyReceipt` of `@stepgate/server/receipt`.
   *
   * @throws TypeError when the audience is wrong.
   * @throws StepUpError `insufficient_user_authentication` (401) when the approval was given back or has become too old;
   *   `misconfigured` (500) for an approval for a single use that `check` has left unused.
   */
  receipt(options: ReceiptOptions): Promise<string>;
  /** Gives what this request has used up back, when the handler did not do what was approved. */
  release(): Promise<void>;
}

/**
 * What is decided about a request: it may go on, and sees the step-up if one was asked for; or it may not, and why:
 * as the error, and as the answer to give.
 */
export type Decision =
  | { readonly isAllowed: true; readonly stepUp?: StepUp }
  | ({ readonly isAllowed: false } & Refusal);
/** A decision, carried out by the adapter. */
export type Verdict =
  | Extract<Decision, { readonly isAllowed: true }>
  | (Extract<Decision, { readonly isAllowed: false }> & {
      /** The app's own error handler is given `error`, and `response` is not sent (`mode: 'throw'`). */
      readonly isForApp: boolean;
    });
