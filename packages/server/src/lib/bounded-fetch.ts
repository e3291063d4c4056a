/** Many times of what a tenant has to say. */
const MOST_BYTES = 1_048_576;

/** The same `fetch`, whose answers break off beyond 1 MB: what sends more, without an end perhaps, is not read on. */
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
      else controller.error(new RangeError('an answer of the tenant is larger than 1 MB'));
    },
  });
}
