import { policyError } from '../request/hook-error.ts';
import type { HostRequest } from '../request/host-request.ts';
import { type ParsedEvidence, parseEvidence } from './evidence.ts';
import {
  type Action,
  type ParsedPolicy,
  type Policy,
  parseAction,
  parsePolicy,
  type RoutePolicy,
} from './policy.ts';
import { requirementHash } from './requirement.ts';

/** What one request must show. */
export interface Demand {
  readonly policy: ParsedPolicy;
  /** Names what must be approved, by `requirementHash`. */
  readonly hash: string;
  /** The claims that stand for an approval, where any do. */
  readonly evidence?: ParsedEvidence;
}

/** Reads what a request must show; `undefined` when the policy has said that it is nothing. */
export type PolicyReader = (request: HostRequest) => Demand | undefined | Promise<Demand | undefined>;

/** What a gate has for its policies. */
export interface ReaderOptions {
  /** Whether the app gives claims of verified tokens. */
  readonly takesClaims: boolean;
}

/**
 * Makes the reader of a route's policy. What does not depend on the request is checked now.
 *
 * @throws TypeError when the policy is wrong.
 */
export function createPolicyReader(policy: RoutePolicy, options: ReaderOptions): PolicyReader {
  if (typeof policy !== 'function') return readerOf(policy, options);
  return (request) =>
    asked(request, async () => {
      const chosen: unknown = await policy(request.forPolicy());
      if (chosen === false) return undefined;
      if (typeof chosen !== 'object' || chosen === null) {
        throw new TypeError(
          `the function gave ${String(chosen)}; it must give a policy, or false when the request needs no step-up`,
        );
      }
      return readerOf(chosen as Policy, options)(request);
    });
}

/** Asks functions of the app's; what goes wrong there is told with the request that it went wrong for. */
async function asked<T>(request: HostRequest<unknown>, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw policyError(error, request);
  }
}

function readerOf(policy: Policy, { takesClaims }: ReaderOptions): PolicyReader {
  const parsed = parsePolicy(policy);
  const { action, evidence } = policy;
  if (evidence !== undefined) {
    if (!takesClaims)
      throw new TypeError("policy.evidence: needs the gate's option evidence, which gives the claims");
    if (action !== undefined)
      throw new TypeError('policy.evidence: goes with no action, of which no token can tell');
  }
  if (typeof action !== 'function') {
    const demand = {
      ...demandOf(parsed),
      ...(evidence !== undefined && { evidence: parseEvidence(evidence, parsed) }),
    };
    return () => demand;
  }
  return (request) =>
    asked(request, async () => {
      const told: Action = await action(request.forPolicy());
      return demandOf({ ...parsed, action: parseAction(told) });
    });
}

/** What a checked policy demands. */
export function demandOf(policy: ParsedPolicy): Demand {
  return { policy, hash: requirementHash(policy) };
}
