import { tracingChannel } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { expect } from 'vitest';
import { SIGNALS } from '../../src/index.ts';

/** What was heard on the tracing channels. */
export interface Heard {
  /** What the messages said in the end, by channel. */
  readonly done: { readonly channel: string; readonly message: Readonly<Record<string, unknown>> }[];
  readonly failed: unknown[];
  /** Everything, at every stage, as text. */
  readonly text: string[];
  stop(): void;
}

/** Listens to all tracing channels. */
export function listenToSignals(): Heard {
  const stops: (() => void)[] = [];
  const heard: Heard = {
    done: [],
    failed: [],
    text: [],
    stop() {
      for (const stop of stops.splice(0)) stop();
    },
  };
  for (const name of Object.values(SIGNALS).filter((one) => one !== SIGNALS.flow)) {
    const channel = tracingChannel<unknown, Record<string, unknown>>(name);
    const note = (message: object): void => {
      heard.text.push(inspect(message, { depth: 20, showHidden: true }));
    };
    const listeners = {
      start: note,
      end: note,
      asyncStart: note,
      asyncEnd(message: Record<string, unknown>) {
        note(message);
        const { result, error: _error, ...members } = message;
        expect(result).toBeUndefined();
        heard.done.push({ channel: name, message: members });
      },
      error(message: Record<string, unknown>) {
        note(message);
        heard.failed.push(message.error);
      },
    };
    channel.subscribe(listeners);
    stops.push(() => channel.unsubscribe(listeners));
  }
  return heard;
}
