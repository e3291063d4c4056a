import type { Presence } from '../../src/remote/presence.ts';

/** A tab that a test hides and shows. */
export interface ManualPresence extends Presence {
  hide(): void;
  show(): void;
  /** The network is gone. */
  disconnect(): void;
  /** The network is back. */
  reconnect(): void;
  readonly listeners: number;
}

export function createManualPresence(): ManualPresence {
  const listeners = new Set<() => void>();
  let isHidden = false;
  let isOffline = false;
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  return {
    get isHidden() {
      return isHidden;
    },
    get isOffline() {
      return isOffline;
    },
    get listeners() {
      return listeners.size;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    hide() {
      isHidden = true;
      tell();
    },
    show() {
      isHidden = false;
      tell();
    },
    disconnect() {
      isOffline = true;
      tell();
    },
    reconnect() {
      isOffline = false;
      tell();
    },
  };
}
