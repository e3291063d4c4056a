/**
 * Reads server-sent events (HTML standard, section 9.2.6) of one type from a response body. `onData` is called for
 * every chunk: with the data of the events in it, or with an empty list for a heartbeat.
 */
export async function readEventStream(
  body: NonNullable<Response['body']>,
  type: string,
  onData: (data: readonly string[]) => void,
): Promise<void> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (rest + value).replaceAll('\r', '').split('\n\n');
    rest = events.pop() ?? '';
    onData(events.filter((event) => fieldOf(event, 'event') === type).map((event) => fieldOf(event, 'data')));
  }
}

function fieldOf(event: string, name: string): string {
  return [...event.matchAll(new RegExp(`^${name}: ?(.*)`, 'gm'))].map(([, value]) => value).join('\n');
}
