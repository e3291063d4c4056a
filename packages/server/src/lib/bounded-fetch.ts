/** Many times the size of a tenant's responses. */
export const MOST_BYTES = 1_048_576;

/** The same `fetch`, except that a response beyond 1 MB fails: an endless one would fill the memory. */
export function boundedFetch(fetch: typeof globalThis.fetch | undefined): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await (fetch ?? globalThis.fetch)(input, init);
    return response.body === null ? response : new Response(response.body.pipeThrough(bound()), response);
  };
}

function bound(): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let size = 0;
  return new TransformStream({
    transform(chunk, controller) {
      size += chunk.byteLength;
      if (size <= MOST_BYTES) controller.enqueue(chunk);
      else controller.error(tooLarge());
    },
  });
}

/** The error for a response of more than {@link MOST_BYTES}. */
export function tooLarge(): RangeError {
  return new RangeError('A response of the tenant is larger than 1 MB.');
}
