import { describe, expect, it } from 'vitest';
import { boundedFetch } from '../../src/lib/bounded-fetch.ts';

const CHUNK = new Uint8Array(65_536);

describe('a response of the tenant', () => {
  it('is cut off with its connection when it is too large', async () => {
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
  ])('passes unchanged at an ordinary size: %j', async (body, status) => {
    const headers = { 'retry-after': '5' };
    const response = await boundedFetch(async () => new Response(body, { status, headers }))(
      'https://tenant.test/',
    );

    expect(response.status).toBe(status);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(await response.text()).toBe(body ?? '');
  });
});
