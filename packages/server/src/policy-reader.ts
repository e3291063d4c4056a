import type { HostRequest } from './host-request.ts';
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
}

/** Reads what a request must show; `undefined` when the policy has said that it is nothing. */
export type PolicyReader<Native> = (
  request: HostRequest<Native>,
) => Demand | undefined | Promise<Demand | undefined>;

/**
 * Makes the reader of a route's policy. What does not depend on the request is checked now.
 *
 * @throws TypeError when the policy is wrong.
 */
export function createPolicyReader<Native>(policy: RoutePolicy<Native>): PolicyReader<Native> {
  if (typeof policy !== 'function') return readerOf(policy);
  return async (request) => {
    const chosen: unknown = await policy(request.forPolicy());
    if (chosen === false) return undefined;
    if (typeof chosen !== 'object' || chosen === null) {
      throw new TypeError(
        `policy: the function gave ${String(chosen)}; it must give a policy, or false when the request needs no step-up`,
      );
    }
    return readerOf(chosen as Policy<Native>)(request);
  };
}

function readerOf<Native>(policy: Policy<Native>): PolicyReader<Native> {
  const parsed = parsePolicy(policy);
  const { action } = policy;
  if (typeof action !== 'function') {
    const demand = demandOf(parsed);
    return () => demand;
  }
  return async (request) => {
    const told: Action = await action(request.forPolicy());
    return demandOf({ ...parsed, action: parseAction(told) });
  };
}

/** What a checked policy demands. */
export function demandOf(policy: ParsedPolicy): Demand {
  return { policy, hash: requirementHash(policy) };
}
