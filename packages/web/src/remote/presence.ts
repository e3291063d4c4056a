/** Whether anybody is looking, whether there is a network, and the moments at which it is worth asking again. */
export interface Presence {
  readonly isHidden: boolean;
  /** The browser knows of no network. A hint only: a server on this very machine is reached without one. */
  readonly isOffline: boolean;
  /** Calls back when the tab is hidden or shown (out of the browser's cache too), and when the network goes or comes. */
  subscribe(listener: () => void): () => void;
}

/** The presence of this document; where there is none, somebody is always looking. */
export function documentPresence(): Presence {
  const { window } = globalThis as Partial<typeof globalThis>;
  return {
    get isHidden() {
      return window?.document.hidden === true;
    },
    get isOffline() {
      return navigator.onLine === false;
    },
    subscribe(listener) {
      const listening = new AbortController();
      for (const type of ['visibilitychange', 'pageshow', 'offline', 'online']) {
        window?.addEventListener(type, listener, { signal: listening.signal });
      }
      return () => listening.abort();
    },
  };
}
