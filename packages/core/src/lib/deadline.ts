/** The end of the time for one piece of work. */
export interface Deadline {
  /** Aborts when the time is over, and when the signal does that the deadline was made with. */
  readonly signal: AbortSignal;
  /** The work is done: nothing of the deadline is left behind, as it would be of `AbortSignal.timeout`. */
  end(): void;
}

/** Sets a deadline that is so many milliseconds away. */
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
