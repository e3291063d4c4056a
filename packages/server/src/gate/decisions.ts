import type { Factor } from '@stepgate/core';
import type { Decision, StepUp, Verdict } from '../guard/decision.ts';
import type { Guard, Guards } from '../guard/guard.ts';
import { createReplay } from '../guard/replay.ts';
import type { RoutePolicy } from '../policy/policy.ts';
import { createPolicyReader, type PolicyReader } from '../policy/policy-reader.ts';
import { assertRouteOptions, type RouteOptions } from '../policy/route-options.ts';
import type { WayDescription } from '../provider/provider.ts';
import type { KeptForms } from '../records/kept-forms.ts';
import type { HostRequest } from '../request/host-request.ts';
import type { MountCheck } from './mount-check.ts';
import type { Reporting } from './reporting.ts';

/** Decides about requests: in front of a route, and inside a handler. */
export interface Decisions<Native> {
  /**
   * A guard for this policy.
   *
   * @throws TypeError when the policy or an option is wrong.
   */
  guard(policy: RoutePolicy<Native>, options?: RouteOptions): Guard<Native>;
  /**
   * Decides about a request inside a handler, and leaves single-use approvals unused.
   *
   * @throws StepUpError `misconfigured` (500), `store_unavailable` (503).
   * @throws TypeError when the policy is wrong.
   */
  check(request: HostRequest<Native>, policy: RoutePolicy<Native>): Promise<Decision>;
  /**
   * Resolves only with an approval, and uses up a single-use one: at every call, so that two actions in one request
   * need two. Resolves to `undefined` where the policy asks for none.
   *
   * @throws StepUpError `login_required` or `insufficient_user_authentication` (both 401), with the headers that
   *   belong to the answer, and the requirement and where to start in `details`.
   * @throws TypeError when the policy is wrong.
   */
  assert(request: HostRequest<Native>, policy: RoutePolicy<Native>): Promise<StepUp | undefined>;
}

/** What the decisions are made of. */
export interface DecisionsOptions {
  readonly guards: Guards;
  readonly keptForms: KeptForms;
  /** Whether the app has claims of verified tokens. */
  readonly takesClaims: boolean;
  /** The provider's ways. */
  readonly ways: readonly WayDescription[];
  /** The factors that count where a policy names none. */
  readonly factors: readonly Factor[];
  /** Whether the app's error handler answers refused requests. */
  readonly isForApp: boolean;
  readonly mounting: MountCheck;
  readonly reporting: Reporting;
}

/** Makes what decides. */
export function createDecisions(options: DecisionsOptions): Decisions<unknown> {
  const { guards, keptForms, takesClaims, ways, factors, isForApp, mounting, reporting } = options;
  const readerOf = (policy: RoutePolicy): PolicyReader =>
    createPolicyReader(policy, { takesClaims, ways, factors });

  async function decide(request: HostRequest, policy: RoutePolicy, uses: boolean): Promise<Decision> {
    const read = readerOf(policy);
    return guards.check(request, read, { uses }).catch(reporting.rethrow);
  }

  function verdictOf(decision: Decision): Verdict {
    if (decision.isAllowed) return decision;
    const isStepUp = decision.error.code === 'insufficient_user_authentication';
    if (isStepUp && decision.response.status === 303) mounting.sentToPage();
    // A page load that is redirected has not failed.
    return { ...decision, isForApp: isForApp && decision.response.status >= 400 };
  }

  const refusalOf = (error: unknown): Verdict => verdictOf(reporting.refusalOf(error));

  return {
    guard(policy, route = {}) {
      assertRouteOptions(route);
      const replay = route.replay === true ? createReplay(keptForms) : undefined;
      const guard = guards.guard(readerOf(policy), { replay, answer: route.answer });
      return (request, entry) => guard(request, entry).then(verdictOf, refusalOf);
    },
    check: (request, policy) => decide(request, policy, false),
    async assert(request, policy) {
      const decision = await decide(request, policy, true);
      if (!decision.isAllowed) throw decision.error;
      return decision.stepUp;
    },
  };
}
