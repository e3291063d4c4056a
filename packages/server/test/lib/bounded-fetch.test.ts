import { describe, expect, it } from 'vitest';
import { boundedFetch } from '../../src/lib/bounded-fetch.ts';

const CHUNK = new Uint8Array(65_536);

describe('an answer of the tenant', () => {
  it('that is too large is broken off, and so is its connection', async () => {
    let sent = 0;
    let isCancelled = false;
    const large = new ReadableStream({
      pull(controller) {
        sent += CHUNK.byteLength;
        controller.enqueue(CHUNK);
        if (sent > 4_000_000) controller.close();
      },
      cancel() {
        isCancelled = true;
      },
    });
    const response = await boundedFetch(async () => new Response(large))('https://tenant.test/');

    await expect(response.text()).rejects.toThrow(/larger than 1 MB/);

    expect(isCancelled).toBe(true);
    expect(sent).toBeLessThan(2_000_000);
  });

  it.each([
    ['{"error":"slow_down"}', 429],
    [null, 204],
  ])('of an ordinary size comes as it is: %j', async (body, status) => {
    const headers = { 'retry-after': '5' };
    const response = await boundedFetch(async () => new Response(body, { status, headers }))(
      'https://tenant.test/',
    );

    expect(response.status).toBe(status);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(await response.text()).toBe(body ?? '');
  });
});
