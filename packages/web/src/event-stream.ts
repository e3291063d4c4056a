/** What a stream has said: an event, or only that it is alive (a comment). */
export interface StreamPart {
  readonly event: string;
  readonly data: string;
}

/**
 * Reads server-sent events (HTML standard, section 9.2.6) out of a response body. `onPart` hears of every chunk:
 * with the events in it, or with an empty list for a heartbeat.
 */
export async function readEventStream(
  body: ReadableStream<Uint8Array>,
  onParts: (parts: readonly StreamPart[]) => void,
): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += decoder.decode(value, { stream: true });
    const blocks = rest.split(/\r?\n\r?\n/);
    rest = blocks.pop() ?? '';
    onParts(blocks.map(parsePart).filter(({ data }) => data !== ''));
  }
}

function parsePart(block: string): StreamPart {
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const [, name, value = ''] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (name === 'event') event = value;
    if (name === 'data') data.push(value);
  }
  return { event, data: data.join('\n') };
}
