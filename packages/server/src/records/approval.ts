import { currentWay, type FlowState } from '@stepgate/core';
import type { ParsedPolicy } from '../policy/policy.ts';
import type { Requirement } from '../policy/requirement.ts';
import { isShownAsAsked } from '../policy/ways.ts';
import type { Approval, FlowLink } from './handle-record.ts';

/** How long a single-use approval waits for its use. */
const SINGLE_USE_WINDOW_MS = 300_000;
/** The shortest time an approval is kept, so that it can serve other routes with a longer max age. */
const SHORTEST_KEEP_MS = 3_600_000;
/**
 * How far ahead the clock may be in the process that saw the approval, because another process often handles the next
 * request a moment later. An approval from further in the future shows a clock that cannot be trusted.
 */
const CLOCK_TOLERANCE_MS = 5_000;

/** How long an approval of this policy is kept. */
export function keepMs(policy: ParsedPolicy): number {
  return Math.max(windowMs(policy), SHORTEST_KEEP_MS);
}

/** The approval of a flow that has just ended well; `undefined` for one that added a factor. */
export function createApproval(options: {
  readonly id: string;
  readonly subject: string;
  readonly state: FlowState;
  readonly approvedAt: number;
  readonly requirement: Requirement;
  readonly requirementHash: string;
  /** When the tokens expire that the policy keeps. */
  readonly tokensUntil?: number | undefined;
  /** Given for a flow that another login has run. */
  readonly link?: FlowLink | undefined;
}): Approval | undefined {
  const { id, subject, state, approvedAt, requirement, requirementHash, tokensUntil, link } = options;
  const { settings, target, provenAt, enrolledInFlow, shown, authentication } = state.context;
  const way = currentWay(state.context);
  if (settings.adds !== undefined) return undefined;
  // Both are set by the proof's exchange; without it there is nothing to record.
  if (target === undefined || provenAt === undefined) return undefined;
  const { policy } = requirement;
  return {
    id,
    subject,
    factor: target.factor,
    // What stands for a device that nobody knows must not pass as one.
    ...(target.authenticatorId !== undefined &&
      way.listsDevices && { authenticatorId: target.authenticatorId }),
    ...(shown !== undefined && { shown }),
    way: way.name,
    ...(authentication !== undefined && { authentication }),
    approvedAt,
    requirement: requirementHash,
    singleUse: policy.singleUse || link !== undefined,
    isForAction: policy.action !== undefined,
    enrolledInFlow,
    ...(link && { byOtherLogin: true }),
    ...(tokensUntil !== undefined && { tokensUntil }),
    keepUntil: approvedAt + keepMs(policy),
  };
}

/** How old an approval may be for this policy. */
export function windowMs({ maxAgeSeconds, singleUse }: ParsedPolicy): number {
  return singleUse && maxAgeSeconds === 0 ? SINGLE_USE_WINDOW_MS : maxAgeSeconds * 1_000;
}

/** The freshest approval that satisfies the policy. `hash` names the policy when it has an action or a single use. */
export function findApproval(options: {
  readonly approvals: readonly Approval[];
  readonly subject: string;
  readonly policy: ParsedPolicy;
  readonly hash: string;
  readonly now: number;
  /** Whether the authenticator is known for as long as the policy asks. Only checked if it asks. */
  readonly isOldEnough: (approval: Approval) => boolean;
}): Approval | undefined {
  const { approvals, subject, policy, hash, now, isOldEnough } = options;
  const window = windowMs(policy);
  const isBound = policy.singleUse || policy.action !== undefined;
  return approvals.findLast((approval) => {
    const age = now - approval.approvedAt;
    return (
      approval.subject === subject &&
      approval.usedAt === undefined &&
      age >= -CLOCK_TOLERANCE_MS &&
      age <= window &&
      policy.factors.includes(approval.factor) &&
      (!policy.opensMfaApi || (approval.tokensUntil ?? 0) > now) &&
      isShownAsAsked(approval.shown, policy) &&
      (policy.allowEnrolledInFlow || !approval.enrolledInFlow) &&
      (policy.minAuthenticatorAgeSeconds === 0 || (!approval.enrolledInFlow && isOldEnough(approval))) &&
      (isBound || approval.singleUse || approval.isForAction ? approval.requirement === hash : true)
    );
  });
}

const MOST_APPROVALS = 20;

/**
 * The approvals that can still be of use, newest last. Used ones stay as long, so that their request can give them
 * back, but they never displace an unused one.
 */
export function keepUseful(approvals: readonly Approval[], now: number): readonly Approval[] {
  const useful = approvals.filter(({ keepUntil }) => keepUntil > now);
  const unused = useful.filter(({ usedAt }) => usedAt === undefined).slice(-MOST_APPROVALS);
  const room = MOST_APPROVALS - unused.length;
  const used = useful.filter(({ usedAt }) => usedAt !== undefined);
  const kept = new Set([...unused, ...used.slice(Math.max(0, used.length - room))]);
  return useful.filter((approval) => kept.has(approval));
}
