import { policyOf, type RoutePolicy } from './policy.ts';
import { createPolicyReader } from './policy-reader.ts';
import { assertRouteOptions, type RequireArguments } from './route-options.ts';

/**
 * Checks the arguments of `gate.require` before there is a gate.
 *
 * @throws TypeError when the policy or an option is wrong, as far as it does not take the gate to see it.
 */
export function assertGuard(...args: RequireArguments<never>): void {
  assertRouteOptions(args[1] ?? {});
  createPolicyReader(policyOf(args) as RoutePolicy, { takesClaims: true });
}
