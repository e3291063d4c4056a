import type { StepUpRequest } from '@stepgate/core';
import { digest } from '../lib/seal.ts';
import type { FlowRecord } from '../records/handle-record.ts';

/** A factor that the user wants to add, with the number or address that it needs. */
export type EnrollmentRequest = Extract<StepUpRequest, { type: 'enrollment.begin' }>;

/** The number or address for messages of the factor. */
export function addressOf({ phoneNumber, email }: EnrollmentRequest): string | undefined {
  return phoneNumber ?? email;
}

/**
 * Names the action of adding this very factor: an approval of one number or address does not serve another. It holds
 * a digest, because records must not hold the number or address.
 */
export function additionId(enrollment: EnrollmentRequest): string {
  const address = addressOf(enrollment);
  return `authenticators.add:${enrollment.factor}${address === undefined ? '' : `:${digest(address)}`}`;
}

/** Whether a request matches what was approved: a flow that adds one number accepts no other. */
export function isAsApproved({ state, requirement }: FlowRecord, request: StepUpRequest): boolean {
  if (request.type !== 'enrollment.begin' || state.context.settings.adds === undefined) return true;
  return requirement.policy.action?.id === additionId(request);
}
