/** The platform's fetch, looked up at each call, so that a later replacement takes effect. */
export const platformFetch: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, init);
