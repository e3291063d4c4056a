export { isStepUpError, StepUpError } from '@stepgate/core';
export { boundDigest } from './policy/binding.ts';
export type { Duration } from './policy/duration.ts';
export { type Receipt, type VerifyReceiptOptions, verifyReceipt } from './receipts/verify-receipt.ts';
