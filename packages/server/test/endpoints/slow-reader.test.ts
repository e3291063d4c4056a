import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { FlowView } from '@stepgate/core';
import { idleView } from '@stepgate/web/html';
import { expect, it, onTestFinished } from 'vitest';
import { eventStream } from '../../src/endpoints/event-stream.ts';
import type { FlowTarget } from '../../src/flow/parts.ts';
import { toNodeStream, whenGone, writeBody } from '../../src/hosts/node-response.ts';

/** A large view, so that a connection is full after a few hundred. */
const viewOf = (version: number): FlowView => ({
  ...idleView(0, []),
  version,
  authenticators: [{ id: 'x'.repeat(65_536), factor: 'push', active: true }],
});

/** The stream of a flow that changes all the time, a few thousand times. */
function restlessStream(onGone: (callback: () => void) => void): {
  readonly body: ReadableStream<Uint8Array>;
  /** The view that was told last. */
  readonly told: () => number;
  /** Whether the flow is watched for it still. */
  readonly isWatched: () => boolean;
  /** Resolves when the stream is over. */
  readonly over: Promise<void>;
} {
  const { promise: over, resolve: leave } = Promise.withResolvers<void>();
  let version = 1;
  let isWatched = false;
  const { body } = eventStream({
    driver: {
      follow(_target, _options, { seen }) {
        isWatched = true;
        version += 1;
        void setImmediate().then(() => {
          if (!isWatched) return;
          isWatched = false;
          seen(version < 3_000 ? viewOf(version) : undefined);
        });
        return {
          hurry() {},
          async lookAgain() {},
          stop() {
            isWatched = false;
          },
        };
      },
    },
    target: {} as FlowTarget,
    first: viewOf(version),
    whenGone: onGone,
    isStillTheirs: async () => true,
    leave,
    runtime: {
      clock: { now: () => 0, setTimeout: () => undefined, clearTimeout: () => {} },
      closing: new AbortController().signal,
      onError: () => {},
    },
  });
  if (body === null) throw new Error('an event stream has a body');
  return { body, told: () => version, isWatched: () => isWatched, over };
}

/** A client that asks, and reads nothing of the answer; resolves to what the server answers it with. */
async function unreadAnswer(): Promise<ServerResponse> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => {});
  client.pause();
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  return response;
}

it.each<[string, (body: ReadableStream<Uint8Array>, response: ServerResponse) => void]>([
  ['is written by itself', writeBody],
  ['is a stream of Node’s', (body, response) => void toNodeStream(body).pipe(response)],
  ['is a web-standard body', (body) => void body.getReader().read()],
])('drops a client that stops reading when the event stream %s', async (_, write) => {
  const response = await unreadAnswer();
  const { body, told, isWatched, over } = restlessStream((callback) => whenGone(response, callback));

  write(body, response);
  await over;

  expect(told()).toBeLessThan(3_000);
  expect(isWatched()).toBe(false);
});
