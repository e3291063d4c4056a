import { subscribe, tracingChannel } from 'node:diagnostics_channel';
import type { Attributes, Meter } from '@opentelemetry/api';
import {
  AUDIT_CHANNEL,
  type AuditEvent,
  type EffectSignal,
  type FlowSignal,
  type GuardSignal,
  SIGNALS,
  type StoreSignal,
  type UpstreamSignal,
} from '@stepgate/server';

/** Calls back when something on the channel is done, with the seconds that it took. */
function whenDone<M extends object>(name: string, done: (message: M, seconds: number) => void): void {
  const channel = tracingChannel<unknown, M>(name);
  const startedAt = new WeakMap<object, number>();
  channel.start.subscribe((message) => void startedAt.set(message as M, performance.now()));
  channel.asyncEnd.subscribe((message) => {
    const since = startedAt.get(message as M);
    if (since !== undefined) done(message as M, (performance.now() - since) / 1_000);
  });
}

const HUMAN_SECONDS = [2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 300];
const MACHINE_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Counts and measures all that the gates of this process do. */
export function measureGates(meter: Meter): void {
  const flows = meter.createUpDownCounter('stepgate.flows', { description: 'Flows by state' });
  const ended = meter.createCounter('stepgate.flows.ended', { description: 'Flows that have ended, by how' });
  const events = meter.createCounter('stepgate.events', { description: 'Audit events, by type' });
  const errors = meter.createCounter('stepgate.errors', { description: 'Refusals and failures, by code' });
  const seconds = (name: string, description: string, boundaries: number[]) => {
    const histogram = meter.createHistogram(`stepgate.${name}.seconds`, {
      description,
      advice: { explicitBucketBoundaries: boundaries },
    });
    return (value: number, attributes?: Attributes): void => histogram.record(value, attributes);
  };
  const approval = seconds('approval', 'From the start of a flow to its approval', HUMAN_SECONDS);
  const effects = seconds('effect', 'Effects of flows; polls are among them', MACHINE_SECONDS);
  const requests = seconds('tenant', 'Requests to the tenant, by status', MACHINE_SECONDS);
  const operations = seconds('store', 'Operations of the store', MACHINE_SECONDS);

  subscribe(AUDIT_CHANNEL, (message) => {
    const event = message as AuditEvent;
    events.add(1, { type: event.type });
    if (event.type !== 'flow.ended') return;
    const { end, reason, afterMs } = event;
    ended.add(1, { end, ...(reason && { reason }) });
    if (end === 'approved') approval(afterMs / 1_000);
  });
  subscribe(SIGNALS.flow, (message) => {
    const { from, to } = message as FlowSignal;
    if (from !== 'idle') flows.add(-1, { state: from });
    flows.add(1, { state: to });
  });
  whenDone<GuardSignal>(SIGNALS.guard, ({ code }) => {
    if (code !== undefined) errors.add(1, { at: 'guard', code });
  });
  whenDone<EffectSignal>(SIGNALS.effect, ({ effect, fact, code }, took) => {
    effects(took, { effect, ...(fact && { fact }) });
    if (code !== undefined) errors.add(1, { at: effect, code });
  });
  whenDone<UpstreamSignal>(SIGNALS.upstream, ({ method, path, status = 'none' }, took) =>
    requests(took, { method, path, status }),
  );
  whenDone<StoreSignal>(SIGNALS.store, ({ operation, kind }, took) => operations(took, { operation, kind }));
}
