/**
 * A hook for errors that cannot break the work that it reports on, nor end the process. Its own error is printed, since a
 * logger's method that was passed without its logger always throws.
 */
export function shielded(hook: (error: unknown) => unknown): (error: unknown) => void {
  return (error) => {
    void (async () => hook(error))().catch((failure: unknown) =>
      console.error('onError failed', failure, error),
    );
  };
}
