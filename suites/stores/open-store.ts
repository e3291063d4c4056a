import type { Store } from '@stepgate/server';

/** A store that other processes can open too. */
export interface SharedStore extends Store {
  close(): void;
}

/** Where a store is, in a form that can be passed to another process. */
export interface StorePlace {
  /** The URL of a module that is a {@link StoreModule}. */
  readonly module: string;
  /** What its `openStore` is called with: an address or a path. */
  readonly place: string;
}

/** What such a module exports. */
export interface StoreModule {
  readonly openStore: (place: string) => SharedStore;
}

/** The environment of a process that opens the store with {@link openStoreOfProcess}. */
export function environmentOf({ module, place }: StorePlace): Readonly<Record<string, string>> {
  return { STORE_MODULE: module, STORE_PLACE: place };
}

/** Opens the store that this process was started with. */
export async function openStoreOfProcess(): Promise<SharedStore> {
  const { STORE_MODULE = '', STORE_PLACE = '' } = process.env;
  const { openStore } = (await import(STORE_MODULE)) as StoreModule;
  return openStore(STORE_PLACE);
}
