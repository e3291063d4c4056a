/** Waits for real milliseconds, without keeping a process alive where timers can do that. */
export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer: { unref?: () => unknown } = setTimeout(resolve, ms);
    timer.unref?.();
  });
}
