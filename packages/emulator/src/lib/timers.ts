/** A timer that does not keep a process alive, where timers can do that. */
function unref(timer: { unref?: () => unknown }): void {
  timer.unref?.();
}

/** Waits for real milliseconds, without keeping a process alive. */
export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => unref(setTimeout(resolve, ms)));
}

/** Repeats the work after each `ms` real milliseconds, without keeping a process alive. The result ends it. */
export function every(ms: number, work: () => void): () => void {
  const timer = setInterval(work, ms);
  unref(timer);
  return () => clearInterval(timer);
}
