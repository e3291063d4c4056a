/** Whether anybody is looking, and the moments at which it is worth asking again. */
export interface Presence {
  readonly isHidden: boolean;
  /** Calls back when the tab is hidden or shown, and when the network is back. */
  subscribe(listener: () => void): () => void;
}

/** The presence of this document; where there is none, somebody is always looking. */
export function documentPresence(): Presence {
  const page = globalThis.document as Document | undefined;
  return {
    get isHidden() {
      return page?.visibilityState === 'hidden';
    },
    subscribe(listener) {
      const listening = new AbortController();
      const { signal } = listening;
      page?.addEventListener('visibilitychange', listener, { signal });
      page?.defaultView?.addEventListener('online', listener, { signal });
      return () => listening.abort();
    },
  };
}
