/** Whether the tab is visible, whether there is a network, and when it is worth asking the server again. */
export interface Presence {
  readonly isHidden: boolean;
  /** The browser sees no network. Only a hint: a server on the same machine can be reached without one. */
  readonly isOffline: boolean;
  /** Calls back when the tab is hidden or shown (also out of the back-forward cache) and when the network comes or goes. */
  subscribe(listener: () => void): () => void;
}

/** The presence of this document. Where there is no document, it counts as visible. */
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
