import { tracingChannel } from 'node:diagnostics_channel';
import { type Attributes, context, type Span, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import {
  type EffectSignal,
  type GuardSignal,
  SIGNALS,
  type StoreSignal,
  type UpstreamSignal,
} from '@stepgate/server';
import type { RequestHandler } from 'express';
import { contexts } from './context.ts';

/** Makes a span of every message of a channel; what is done meanwhile is inside of it. */
function traceChannel<M extends object>(tracer: Tracer, name: string, nameOf: (message: M) => string): void {
  const channel = tracingChannel<unknown, M>(name);
  const spans = new WeakMap<object, Span>();
  channel.start.bindStore(contexts, (message) => {
    const span = tracer.startSpan(nameOf(message));
    spans.set(message, span);
    return trace.setSpan(context.active(), span);
  });
  channel.asyncEnd.subscribe((message) => {
    const { error, result: _none, ...attributes } = message as Attributes & { error?: Error };
    const span = spans.get(message as M)?.setAttributes(attributes);
    if (error) span?.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
    span?.end();
  });
}

/** Makes spans of all that the gates of this process do. */
export function traceGates(tracer: Tracer): void {
  traceChannel<GuardSignal>(tracer, SIGNALS.guard, () => 'guard');
  traceChannel<EffectSignal>(tracer, SIGNALS.effect, ({ effect }) => `effect ${effect}`);
  traceChannel<UpstreamSignal>(tracer, SIGNALS.upstream, ({ method, path }) => `tenant ${method} ${path}`);
  traceChannel<StoreSignal>(tracer, SIGNALS.store, ({ operation, kind }) => `store ${operation} ${kind}`);
}

/** A span around every request, as an instrumentation of the framework would make it. */
export function traceRequests(tracer: Tracer): RequestHandler {
  return function traceRequest({ method, path }, res, next) {
    tracer.startActiveSpan(`${method} ${path}`, (span) => {
      res.once('close', () => span.setAttribute('status', res.statusCode).end());
      next();
    });
  };
}
