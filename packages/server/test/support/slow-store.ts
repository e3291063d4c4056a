import { setImmediate } from 'node:timers/promises';
import type { Store } from '../../src/index.ts';

/** A store that answers in a later turn of the event loop, as one on the network does: so that requests interleave. */
export function slowStore(store: Store): Store {
  return {
    ...store,
    async read(key) {
      const found = await store.read(key);
      await setImmediate();
      return found;
    },
    async write(key, value, options) {
      await setImmediate();
      const written = await store.write(key, value, options);
      await setImmediate();
      return written;
    },
    async delete(key) {
      await setImmediate();
      await store.delete(key);
    },
  };
}
