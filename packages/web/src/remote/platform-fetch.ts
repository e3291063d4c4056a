/** The platform's fetch, looked up at each call: whoever replaces it later is heard. */
export const platformFetch: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, init);
