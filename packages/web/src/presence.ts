/** Whether anybody is looking, and the moments at which it is worth asking again. */
export interface Presence {
  readonly isHidden: boolean;
  /** Calls back when the tab is hidden or shown, and when the network is back. */
  subscribe(listener: () => void): () => void;
}

/** The presence of this document; where there is none, somebody is always looking. */
export function documentPresence(): Presence {
  return {
    get isHidden() {
      return typeof document !== 'undefined' && document.visibilityState === 'hidden';
    },
    subscribe(listener) {
      if (typeof document === 'undefined') return () => {};
      document.addEventListener('visibilitychange', listener);
      window.addEventListener('pageshow', listener);
      window.addEventListener('online', listener);
      return () => {
        document.removeEventListener('visibilitychange', listener);
        window.removeEventListener('pageshow', listener);
        window.removeEventListener('online', listener);
      };
    },
  };
}
