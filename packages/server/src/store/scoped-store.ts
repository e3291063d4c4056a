import type { Store } from './store.ts';

/**
 * The same store, with a namespace in front of every key. Namespaces share no keys.
 * Gates of different tenants or applications can share a store, and share nothing in it.
 */
export function scopedStore(store: Store, namespace: string): Store {
  const subscribe = store.subscribe?.bind(store);
  const keyOf = (key: string): string => `${namespace}:${key}`;
  return {
    read: (key) => store.read(keyOf(key)),
    write: (key, value, options) => store.write(keyOf(key), value, options),
    delete: (key) => store.delete(keyOf(key)),
    ...(subscribe && { subscribe: (key, listener) => subscribe(keyOf(key), listener) }),
    ...(store.now && { now: store.now.bind(store) }),
  };
}
