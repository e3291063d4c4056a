import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, type ContextManager, ROOT_CONTEXT } from '@opentelemetry/api';

/** Where OpenTelemetry's context is kept: tracing channels set it themselves, and want the storage for that. */
export const contexts = new AsyncLocalStorage<Context>();

/** OpenTelemetry's context, in {@link contexts}. */
export const contextManager: ContextManager = {
  active: () => contexts.getStore() ?? ROOT_CONTEXT,
  with: (context, work, thisArg, ...args) => contexts.run(context, () => work.call(thisArg, ...args)),
  bind: (context, target) =>
    typeof target === 'function'
      ? (((...args: unknown[]) => contexts.run(context, () => target(...args) as unknown)) as typeof target)
      : target,
  enable: () => contextManager,
  disable: () => contextManager,
};
