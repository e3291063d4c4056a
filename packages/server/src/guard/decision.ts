import type { TokenSet } from '@stepgate/core';
import type { ReceiptOptions } from '../receipts/receipts.ts';
import type { Approval } from '../records/handle-record.ts';
import type { Refusal } from './refusal.ts';

/** What a guarded handler sees of the approval that let it run. */
export interface StepUp {
  readonly approval: Approval;
  /**
   * The tokens that came with the approval, without the refresh token, if the policy of that approval has
   * `keepTokens`; `undefined` otherwise, and after they expired. They are opened at this call, and never kept
   * unencrypted.
   */
  tokens(): TokenSet | undefined;
  /**
   * The approval as a signed token, for a service that the handler calls: who approved, when, with which factor, and
   * the digest of what was bound. Valid for a minute by default; see `verifyReceipt` of `@stepgate/server/receipt`.
   *
   * @throws TypeError when the audience is wrong.
   * @throws StepUpError `insufficient_user_authentication` (401) when the approval was given back, was revoked or has
   * become too old; `store_unavailable` (503); `misconfigured` (500) for a single-use approval that `check` has left unused.
   */
  receipt(options: ReceiptOptions): Promise<string>;
  /**
   * Gives back what this request has used up, when the handler did not do what was approved. An approval that has a
   * receipt stays used: the service may have acted on it.
   */
  release(): Promise<void>;
}

/**
 * The decision about a request. Either it may go on, and gets the step-up if one was required; or it is refused, with
 * an error and the response to send.
 */
export type Decision =
  | { readonly isAllowed: true; readonly stepUp?: StepUp }
  | ({ readonly isAllowed: false } & Refusal);
/** A decision, carried out by the adapter. */
export type Verdict =
  | Extract<Decision, { readonly isAllowed: true }>
  | (Extract<Decision, { readonly isAllowed: false }> & {
      /** The app's own error handler gets `error`, and `response` is not sent (`mode: 'throw'`). */
      readonly isForApp: boolean;
    });
