import { createMemoryStore } from '@stepgate/server';

/** A store in memory that counts what it is asked for. */
export function countedStore(asked) {
  const memory = createMemoryStore();
  return {
    ...memory,
    read(key) {
      asked.read += 1;
      return memory.read(key);
    },
    write(...request) {
      asked.write += 1;
      return memory.write(...request);
    },
  };
}
