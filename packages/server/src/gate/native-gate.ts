import type { Decision, StepUp } from '../guard/decision.ts';
import { policyOf, type RoutePolicy } from '../policy/policy.ts';
import type { HostRequest } from '../request/host-request.ts';
import type { RunningFlow, WaitingFlow } from './direct-flow.ts';
import type { LazyGate } from './lazy-gate.ts';
import type { StepUpStatus } from './status-and-revocation.ts';

/** A policy, or nothing for the default one. `undefined` is a mistake. */
export type OptionalPolicy<Native> = readonly [] | readonly [policy: RoutePolicy<Native>];

/** What every adapter's gate offers inside handlers, with the host's own request: Express's `req`, Koa's `ctx`. */
export interface NativeGate<Native> {
  /**
   * Decides about a request inside a handler, and leaves single-use approvals unused.
   *
   * @throws StepUpError `misconfigured` (500), `store_unavailable` (503).
   */
  check(native: Native, ...policy: OptionalPolicy<Native>): Promise<Decision>;
  /**
   * Resolves only with an approval, and uses up a single-use one: for resolvers and procedures that share a route.
   *
   * @throws StepUpError with `status`, `code`, `headers`, and where to start in `details`.
   */
  assert(native: Native, ...policy: OptionalPolicy<Native>): Promise<StepUp | undefined>;
  /**
   * Starts the flow that a refused request needs, for an app that shows and drives it without the endpoints.
   * `refusal`: what `assert` has thrown.
   *
   * @throws StepUpError with a code that says what the client can do.
   */
  flow(native: Native, refusal: unknown): Promise<RunningFlow>;
  /**
   * Makes a link to the page, where the user approves in another login. `refusal`: what `assert` has thrown, for a
   * policy with `allowOtherLogin`.
   *
   * @throws StepUpError with a code that says what the client can do.
   */
  link(native: Native, refusal: unknown): Promise<WaitingFlow>;
  /**
   * Where the signed-in user's step-up stands in this browser, for templates; `undefined` when nobody is signed in.
   *
   * @throws StepUpError `misconfigured` (500), `store_unavailable` (503).
   */
  status(native: Native): Promise<StepUpStatus | undefined>;
  /**
   * Ends the approvals and the flow of this browser's login. For the sign-out, before the session is destroyed.
   *
   * @throws StepUpError `misconfigured` (500), `store_unavailable` (503).
   */
  revoke(native: Native): Promise<void>;
  /**
   * Ends the approvals, flows and requirements of all the subject's logins: after a password change, or for a lost
   * phone. Ending the logins themselves is up to the app. If it fails, call it again.
   *
   * @throws StepUpError `store_unavailable` (503).
   */
  revokeSubject(subject: string): Promise<void>;
  /**
   * For a graceful stop: ends long-polls and event streams at once, each with a hint to reconnect, and begins no work
   * that another process can do. Resolves when no work is left here and the last bytes of those answers are out: stop
   * the server afterwards.
   */
  close(): Promise<void>;
}

/** The gate for handlers of a host whose requests `hostRequest` reads. */
export function createNativeGate<Native>(
  gate: LazyGate<Native>,
  hostRequest: (native: Native) => HostRequest<Native>,
): NativeGate<Native> {
  return {
    check: async (native, ...policy) => gate.check(hostRequest(native), policyOf(policy)),
    assert: async (native, ...policy) => gate.assert(hostRequest(native), policyOf(policy)),
    flow: (native, refusal) => gate.flow(hostRequest(native), refusal),
    link: (native, refusal) => gate.link(hostRequest(native), refusal),
    status: (native) => gate.status(hostRequest(native)),
    revoke: (native) => gate.revoke(hostRequest(native)),
    revokeSubject: (subject) => gate.revokeSubject(subject),
    close: () => gate.close(),
  };
}
