/** Where values live of which there is one in a process. Modules will not do: Next.js loads each of them several times. */
const PLACE: unique symbol = Symbol.for('@stepgate/next') as never;

const place = globalThis as { [PLACE]?: Map<string, unknown> };
place[PLACE] ??= new Map();
const values = place[PLACE];

/** A value of which there is one in a process, made when it is first needed. */
export interface Once<T> {
  /** @throws what `make` throws; the next call tries again. */
  get(): T;
  /** `undefined` while it was not needed. */
  peek(): T | undefined;
}

/** Makes a {@link Once} for a name. */
export function oncePerProcess<T>(name: string, make: () => T): Once<T> {
  let found: T | undefined;
  function peek(): T | undefined {
    found ??= values.get(name) as T | undefined;
    return found;
  }
  return {
    peek,
    get() {
      if (peek() === undefined) values.set(name, make());
      return peek() as T;
    },
  };
}
