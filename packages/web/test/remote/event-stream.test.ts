import { expect, it } from 'vitest';
import { readEventStream } from '../../src/remote/event-stream.ts';

async function read(...chunks: readonly string[]): Promise<readonly (readonly string[])[]> {
  const heard: (readonly string[])[] = [];
  const encoder = new TextEncoder();
  await readEventStream(
    new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(encoder.encode(chunk));
        controller.close();
      },
    }),
    'view',
    (data) => heard.push(data),
  );
  return heard;
}

it('reads the data of the events of its type', async () => {
  expect(await read('id: 1\nevent: view\ndata: {"a":1}\n\nevent: other\ndata: 2\n\n')).toEqual([['{"a":1}']]);
});

it('joins events that arrive in pieces', async () => {
  expect(await read('event: vi', 'ew\ndata: {"é":', '1}\n', '\nevent: view\ndata: 2\n\n')).toEqual([
    [],
    [],
    [],
    ['{"é":1}', '2'],
  ]);
});

it('reports heartbeats without data', async () => {
  expect(await read(': still here\n\n')).toEqual([[]]);
});

it('understands carriage returns and data of several lines', async () => {
  expect(await read('event: view\r\ndata: a\r\ndata: b\r\n\r\n')).toEqual([['a\nb']]);
});

it('drops an event that was cut off', async () => {
  expect(await read('event: view\ndata: 1\n')).toEqual([[]]);
});
