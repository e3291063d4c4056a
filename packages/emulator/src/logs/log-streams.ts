import { type LogStreamOptions, logStreamShape } from '../directory/log-stream.ts';
import { EmulatorError } from '../lib/emulator-error.ts';
import { assertShape } from '../lib/shape.ts';
import type { LogEvent } from '../state/event-log.ts';
import type { LogStreams } from '../state/log-streams.ts';
import { createWebhook, type Webhook, type WebhookSeams } from './webhook.ts';

/** Log streams with what only the tenant does. */
export interface ServedLogStreams extends LogStreams {
  deliver(event: LogEvent): void;
  /** What each was added with. */
  options(): LogStreamOptions[];
  /** Those of the start, with nothing sent yet. */
  reset(): void;
}

/** The log streams of the options; more can be added. */
export function createLogStreams(
  initial: readonly LogStreamOptions[],
  seams: WebhookSeams,
): ServedLogStreams {
  const streams = new Map<string, { readonly options: LogStreamOptions; readonly webhook: Webhook }>();
  const remove = (name: string): boolean => {
    streams.get(name)?.webhook.stop();
    return streams.delete(name);
  };
  const add = (options: LogStreamOptions): void => {
    remove(options.name);
    streams.set(options.name, { options, webhook: createWebhook(options, seams) });
  };
  initial.forEach(add);
  return {
    logStreams: () => [...streams.values()].map(({ webhook }) => webhook.state()),
    addLogStream(options) {
      assertShape(logStreamShape, options);
      add(options);
    },
    removeLogStream(name) {
      if (!remove(name)) throw new EmulatorError(404, 'not_found', `There is no log stream ${name}`);
    },
    deliver(event) {
      for (const { webhook } of streams.values()) webhook.deliver(event);
    },
    options: () => [...streams.values()].map(({ options }) => options),
    reset() {
      for (const { webhook } of streams.values()) webhook.stop();
      streams.clear();
      initial.forEach(add);
    },
  };
}
