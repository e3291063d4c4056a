import { channel, type TracingChannel, tracingChannel } from 'node:diagnostics_channel';
import {
  type Effect,
  type EffectResult,
  type Fact,
  type Factor,
  type FlowStateName,
  isStepUpError,
  type Transport,
} from '@stepgate/core';
import type { Store } from '../store/store.ts';

/**
 * The names of the tracing channels (`tracingChannel` of `node:diagnostics_channel`) on which every gate of the process
 * reports what it does, and how long that takes. One message object passes through `start`, `end`, `asyncStart` and
 * `asyncEnd`; its optional members are set by `asyncStart`. If the work failed, it passes through `error` too, with a
 * member of that name: a `StepUpError`, or an error without details, because any other error may hold a secret. No
 * message holds one.
 *
 * | name | message | around |
 * | --- | --- | --- |
 * | `stepgate:guard` | `GuardSignal` | the decision about one request under one policy |
 * | `stepgate:effect` | `EffectSignal` | one effect of a flow: a first leg, a push, a poll, a code |
 * | `stepgate:upstream` | `UpstreamSignal` | one request to the tenant, until its response is there |
 * | `stepgate:store` | `StoreSignal` | one operation of the store |
 * | `stepgate:flow` | `FlowSignal` | nothing: a plain channel, with a message for each committed change of a flow's state |
 */
export const SIGNALS = {
  guard: 'stepgate:guard',
  effect: 'stepgate:effect',
  upstream: 'stepgate:upstream',
  store: 'stepgate:store',
  flow: 'stepgate:flow',
} as const;

/** The decision about one request, which may be refused without an error. */
export interface GuardSignal {
  readonly method: string;
  /** The path without its query. */
  readonly path: string;
  isAllowed?: boolean;
  /** The code of the refusal. */
  code?: string;
  /** The status of the refusal. */
  status?: number;
  /** The factor of the approval that lets the request through, if it needs one. */
  factor?: Factor;
}

/** One effect of a flow. */
export interface EffectSignal {
  readonly effect: Effect['type'];
  /** The flow's id, as in audit events. */
  readonly flow: string;
  /** The result; absent if nobody wants it any more. */
  fact?: Fact['type'];
  /** The reason, if the fact is `effect.failed`. */
  code?: string;
}

/** One request to the tenant. */
export interface UpstreamSignal {
  readonly method: string;
  /** The path, with `{id}` in place of an authenticator's id. */
  readonly path: string;
  status?: number;
}

/** One operation of the store. */
export interface StoreSignal {
  readonly operation: 'read' | 'write' | 'delete';
  /** The kind of the record: `handle` for a browser's flow and approvals, else the first word of its key. */
  readonly kind: string;
  /** For `read`: whether there was a record. For `write`: whether no other write came first. */
  hit?: boolean;
}

/** A flow that went from one state to another: published once, by the process that committed it. */
export interface FlowSignal {
  /** The flow's id, as in audit events. */
  readonly flow: string;
  /** `idle` for one that begins. */
  readonly from: FlowStateName;
  readonly to: FlowStateName;
}

const effects = tracingChannel<object, EffectSignal>(SIGNALS.effect);
const requests = tracingChannel<object, UpstreamSignal>(SIGNALS.upstream);
const operations = tracingChannel<object, StoreSignal>(SIGNALS.store);
const transitions = channel(SIGNALS.flow);

/**
 * Traces work on a channel that has subscribers. Do not call it without: even making the arguments costs something. The
 * work's result and its error are for its caller alone; subscribers get only the message.
 */
export async function traced<M extends object, T>(
  channel: TracingChannel<object, M>,
  message: NoInfer<M>,
  work: () => Promise<T>,
  outcome: (result: T) => NoInfer<Partial<M>>,
): Promise<T> {
  let settle = (): T => {
    throw new Error('the traced work has not settled');
  };
  const reported = channel.tracePromise(async () => {
    try {
      const result = await work();
      Object.assign(message, outcome(result));
      settle = () => result;
    } catch (error) {
      settle = () => {
        throw error;
      };
      throw isStepUpError(error) ? error : new Error('failed');
    }
  }, message);
  await reported.catch(() => {});
  return settle();
}

/** Traces an effect of a flow. */
export function traceEffect(
  { effect, flow }: { readonly effect: Effect; readonly flow: string },
  work: () => Promise<EffectResult | undefined>,
): Promise<EffectResult | undefined> {
  if (!effects.hasSubscribers) return work();
  return traced(effects, { effect: effect.type, flow }, work, (result) => ({
    ...(result && { fact: result.fact.type }),
    ...(result?.fact.type === 'effect.failed' && { code: result.fact.code }),
  }));
}

/** Publishes the transition of a flow, if its state has changed. */
export function publishTransition(transition: FlowSignal): void {
  if (transition.from !== transition.to && transitions.hasSubscribers) transitions.publish(transition);
}

/** The same `fetch`, traced. */
export function tracedFetch(fetch: typeof globalThis.fetch | undefined): typeof globalThis.fetch {
  return (input, init) => {
    const work = (): Promise<Response> => (fetch ?? globalThis.fetch)(input, init);
    if (!requests.hasSubscribers) return work();
    const { url, method } = input instanceof Request ? input : { url: input, method: 'GET' };
    return tracedRequest(init?.method ?? method, url, work);
  };
}

/** The same transport, traced. */
export function tracedTransport(transport: Transport): Transport {
  return (request) => {
    const work = (): ReturnType<Transport> => transport(request);
    return requests.hasSubscribers ? tracedRequest(request.method, request.url, work) : work();
  };
}

function tracedRequest<T extends { readonly status: number }>(
  method: string,
  url: string | URL,
  work: () => Promise<T>,
): Promise<T> {
  const path = new URL(url).pathname.replace(/(\/mfa\/authenticators\/).+/, '$1{id}');
  return traced(requests, { method, path }, work, ({ status }) => ({ status }));
}

/** The same store, traced. */
export function tracedStore(store: Store): Store {
  const message = (operation: StoreSignal['operation'], key: string): StoreSignal => ({
    operation,
    kind: key.includes(':') ? (/^\w+/.exec(key)?.[0] ?? '') : 'handle',
  });
  const hit = (result: unknown): Partial<StoreSignal> => ({ hit: result !== undefined });
  return {
    read: (key) =>
      operations.hasSubscribers
        ? traced(operations, message('read', key), () => store.read(key), hit)
        : store.read(key),
    write: (key, value, options) =>
      operations.hasSubscribers
        ? traced(operations, message('write', key), () => store.write(key, value, options), hit)
        : store.write(key, value, options),
    delete: (key) =>
      operations.hasSubscribers
        ? traced(
            operations,
            message('delete', key),
            () => store.delete(key),
            () => ({}),
          )
        : store.delete(key),
    ...(store.subscribe && { subscribe: store.subscribe.bind(store) }),
    ...(store.now && { now: store.now.bind(store) }),
  };
}
