/** How often the test app's gates poll. */
export const POLL_INTERVAL_MS = 400;

/** How long its requests to the tenant may take. The lease of an effect is twice this and five seconds. */
export const TIMEOUT_MS = 5_000;
