import { tracingChannel } from 'node:diagnostics_channel';
import { type GuardSignal, SIGNALS, traced } from '../events/signals.ts';
import { type HostRequest, pathOf } from '../request/host-request.ts';
import type { Decision } from './decision.ts';

const guards = tracingChannel<unknown, GuardSignal>(SIGNALS.guard);

/** Whether anybody listens. Without, a guard makes nothing for them. */
export function isGuardTraced(): boolean {
  return guards.hasSubscribers;
}

/** Traces a guard's decision. */
export function traceGuard(request: HostRequest<unknown>, work: () => Promise<Decision>): Promise<Decision> {
  const { method } = request;
  return traced(guards, { method, path: pathOf(request) }, work, (decision) => {
    const { isAllowed } = decision;
    if (!isAllowed) return { isAllowed, code: decision.error.code, status: decision.response.status };
    return { isAllowed, ...(decision.stepUp && { factor: decision.stepUp.approval.factor }) };
  });
}
