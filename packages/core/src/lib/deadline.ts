/** A time limit for one piece of work. */
export interface Deadline {
  /** Aborts when the time is over, or when the signal given to {@link setDeadline} aborts. */
  readonly signal: AbortSignal;
  /** Call when the work is done: removes the timer and the listener, which `AbortSignal.timeout` leaves behind. */
  end(): void;
}

/** Sets a time limit in milliseconds from now. */
export function setDeadline(ms: number, signal: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = setTimeout(abort, ms);
  signal?.addEventListener('abort', abort);
  if (signal?.aborted === true) abort();
  return {
    signal: controller.signal,
    end() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    },
  };
}
