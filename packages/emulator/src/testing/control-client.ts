/** What the control API refused. */
export class ControlError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ControlError';
    this.status = status;
  }
}

/** Calls the control API of one tenant. */
export interface ControlClient {
  /** The tenant's address, with a slash at its end. */
  readonly url: string;
  /** The JSON of the answer; what the emulator refuses is a {@link ControlError} with its sentence. */
  call(method: string, path: string, body?: unknown): Promise<unknown>;
}

/** A control client for the tenant at this address. */
export function createControlClient(url: string, fetcher: typeof fetch = fetch): ControlClient {
  const base = url.endsWith('/') ? url : `${url}/`;
  return {
    url: base,
    async call(method, path, body) {
      const response = await fetcher(new URL(`_emulator/${path}`, base), {
        method,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const answer: unknown = await response.json();
      if (response.ok) return answer;
      const { error_description: sentence } = answer as { error_description?: string };
      throw new ControlError(
        response.status,
        sentence ?? `The emulator answered ${method} ${path} with ${response.status}`,
      );
    },
  };
}

// Taken now: a test may replace the timers with its own.
const { setTimeout } = globalThis;
const lookEveryMs = 50;

/** Looks again and again until there is something; an `Error` that says what was missing when it takes too long. */
export async function waitFor<T>(
  what: string,
  timeoutMs: number,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`${what} within ${timeoutMs / 1000} seconds`);
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}
