/** How often the test app's gates poll. */
export const POLL_INTERVAL_MS = 400;

/**
 * How long a request of the test app to the tenant or the store may take. On a busy machine some take seconds, and a refusal
 * would look like a fault.
 */
export const TIMEOUT_MS = 20_000;

/** How long a process that was killed keeps its claim of an effect. */
export const LEASE_MS = 2 * TIMEOUT_MS + 5_000;
