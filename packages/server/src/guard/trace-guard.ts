import { tracingChannel } from 'node:diagnostics_channel';
import { type GuardSignal, SIGNALS, traced } from '../events/signals.ts';
import { type HostRequest, pathOf } from '../request/host-request.ts';
import type { Decision } from './decision.ts';

const guards = tracingChannel<unknown, GuardSignal>(SIGNALS.guard);

/** Traces a guard's decision. */
export function traceGuard(request: HostRequest<unknown>, work: () => Promise<Decision>): Promise<Decision> {
  if (!guards.hasSubscribers) return work();
  const { method } = request;
  return traced(guards, { method, path: pathOf(request) }, work, (decision) => {
    const { isAllowed } = decision;
    if (!isAllowed) return { isAllowed, code: decision.error.code, status: decision.response.status };
    return { isAllowed, ...(decision.stepUp && { factor: decision.stepUp.approval.factor }) };
  });
}
