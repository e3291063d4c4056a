import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * The same function, in the scope of its request whenever it is called: `cookies()` and `headers()` of Next.js work in
 * there only, and event streams ask who is signed in again from elsewhere.
 */
export function inRequestScope<A extends readonly unknown[], T>(
  ask: (request: Request, ...args: A) => T,
): (request: Request, ...args: A) => T {
  const scopes = new WeakMap<Request, ReturnType<typeof AsyncLocalStorage.snapshot>>();
  return (request, ...args) => {
    const run = scopes.get(request) ?? AsyncLocalStorage.snapshot();
    scopes.set(request, run);
    return run(ask, request, ...args);
  };
}
