import type { Guard } from '../guard/guard.ts';
import { assertGuard } from '../policy/assert-guard.ts';
import type { Gate } from './gate.ts';

/** A {@link Gate} that is made when it is first needed: what a gate does, without what is known only of one that exists. */
export type LazyGate<Native> = Omit<Gate<Native>, 'basePath' | 'guardsPrefix'>;

/**
 * Puts off making a gate until a request needs one: for hosts that load modules at build time, without secrets, and for
 * settings that are fetched. When `make` fails, the request fails with its error, and the next one tries again.
 *
 * @example
 * const gate = createLazyGate(async () => createGate({ ...options, secret: await readSecret() }));
 */
export function createLazyGate<Native>(make: () => Gate<Native> | Promise<Gate<Native>>): LazyGate<Native> {
  let making: Promise<Gate<Native>> | undefined;
  let isMounted = false;

  async function made(): Promise<Gate<Native>> {
    const gate = await make();
    if (isMounted) gate.mounted();
    return gate;
  }

  function ready(): Promise<Gate<Native>> {
    if (making === undefined) {
      const attempt = made();
      making = attempt;
      attempt.catch(() => {
        making = undefined;
      });
    }
    return making;
  }

  return {
    guard(...route) {
      assertGuard(...route);
      let guard: Guard<Native> | undefined;
      return async (...args) => {
        guard ??= (await ready()).guard(...route);
        return guard(...args);
      };
    },
    check: async (...args) => (await ready()).check(...args),
    assert: async (...args) => (await ready()).assert(...args),
    flow: async (...args) => (await ready()).flow(...args),
    link: async (...args) => (await ready()).link(...args),
    status: async (...args) => (await ready()).status(...args),
    revoke: async (...args) => (await ready()).revoke(...args),
    revokeSubject: async (...args) => (await ready()).revokeSubject(...args),
    endpoints: async (...args) => (await ready()).endpoints(...args),
    mounted() {
      isMounted = true;
      void making?.then((gate) => gate.mounted()).catch(() => {});
    },
    async close() {
      // A gate that nobody has needed has nothing to end.
      await (await making)?.close();
    },
  };
}
