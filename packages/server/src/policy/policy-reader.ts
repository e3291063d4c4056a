import type { Factor } from '@stepgate/core';
import type { WayDescription } from '../provider/provider.ts';
import { policyError } from '../request/hook-error.ts';
import type { HostRequest } from '../request/host-request.ts';
import { type Binding, type Bound, boundMembers, boundOf } from './binding.ts';
import { type ParsedEvidence, parseEvidence } from './evidence.ts';
import {
  type Action,
  type ParsedAction,
  type ParsedPolicy,
  type Policy,
  parseAction,
  parsePolicy,
  type RoutePolicy,
} from './policy.ts';
import { requirementHash } from './requirement.ts';
import { assertMeetable } from './ways.ts';

/** What one request must show. */
export interface Demand {
  readonly policy: ParsedPolicy;
  /** Names what must be approved; see `requirementHash`. */
  readonly hash: string;
  /** The claims that are accepted in place of an approval, if any are. */
  readonly evidence?: ParsedEvidence;
}

/** Reads what a request must show; `undefined` if the policy says that it needs no step-up. */
export type PolicyReader = (request: HostRequest) => Demand | undefined | Promise<Demand | undefined>;

/** What the gate offers to its policies. */
export interface ReaderOptions {
  /** Whether the app gives claims of verified tokens. */
  readonly takesClaims: boolean;
  /** The provider's ways, where they are known. */
  readonly ways?: readonly WayDescription[];
  /** The factors that count where a policy names none; default push and one-time passwords. */
  readonly factors?: readonly Factor[] | undefined;
}

/**
 * Makes the reader of a route's policy. Everything that does not depend on the request is checked now.
 *
 * @throws TypeError when the policy is wrong.
 */
export function createPolicyReader(policy: RoutePolicy, options: ReaderOptions): PolicyReader {
  if (typeof policy !== 'function') return readerOf(policy, options);
  return (request) =>
    callHook(request, async () => {
      const chosen: unknown = await policy(request.forPolicy());
      if (chosen === false) return undefined;
      if (typeof chosen !== 'object' || chosen === null) {
        throw new TypeError(
          `the function returned ${String(chosen)}; it must return a policy, or false if the request needs no step-up`,
        );
      }
      return readerOf(chosen as Policy, options)(request);
    });
}

/** Calls the app's functions; an error says for which request it happened. */
async function callHook<T>(request: HostRequest, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw policyError(error, request);
  }
}

function readerOf(policy: Policy, { takesClaims, ways, factors }: ReaderOptions): PolicyReader {
  const parsed = parsePolicy(policy, factors);
  if (ways !== undefined) assertMeetable(parsed, ways);
  const { action, evidence } = policy;
  if (evidence !== undefined && !takesClaims) {
    throw new TypeError("policy.evidence: needs the gate's option `evidence`, which gives the claims");
  }
  if (evidence !== undefined && action !== undefined) {
    throw new TypeError('policy.evidence: cannot be combined with action, which no token can show');
  }
  if (action === undefined || parsed.action !== undefined) {
    const demand = {
      ...demandOf(parsed),
      ...(evidence !== undefined && { evidence: parseEvidence(evidence, parsed) }),
    };
    return () => demand;
  }
  return (request) =>
    callHook(request, async () => {
      const read = typeof action === 'function' ? await action(request.forPolicy()) : action;
      return demandOf({ ...parsed, action: await parseWithBound(read, request) });
    });
}

async function parseWithBound(action: Action, request: HostRequest): Promise<ParsedAction> {
  // Reports a wrong policy before the body is read.
  parseAction(action);
  const { bind } = action;
  return parseAction(action, bind && (await readBound(bind, request)));
}

async function readBound(bind: Binding, request: HostRequest): Promise<Bound> {
  if (typeof bind === 'function') return boundOf(await bind(request.forPolicy()));
  return boundOf(boundMembers(bind, await request.parsedBody()), bind);
}

/** What a checked policy demands. */
export function demandOf(policy: ParsedPolicy): Demand {
  return { policy, hash: requirementHash(policy) };
}
