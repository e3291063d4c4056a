import type { FlowView } from '@stepgate/core';

/** A tab's turn at following a flow: over a connection of its own, or by what the leading tab tells. */
export interface Turn {
  /** Names the flow; a turn without a name is shared with nobody. */
  readonly flowId: string | undefined;
  /** Ends the turn. */
  readonly signal: AbortSignal;
  /** Takes the lead from a tab that holds it and says nothing. */
  readonly steals: boolean;
  /** What this tab last heard of the flow. */
  readonly view: () => FlowView;
  /** Hears what the leading tab tells. */
  readonly hear: (views: readonly FlowView[]) => void;
  /** Follows the flow over a connection of this tab's own; `tell` is for every sign of life. */
  readonly lead: (tell: () => void) => Promise<void>;
}

/**
 * Takes a turn in which the tabs of a browser that follow the same flow have one connection between them. The tab that
 * holds the lock of the flow's name leads, and tells the others over a channel of that name. When it lets go (hidden,
 * closed, crashed, its connection lost), the next one has the lock at once. A browser without locks has a connection a
 * tab.
 *
 * No view reaches a tab of another flow or login: the name is random and new with each flow, and the server tells it to
 * none but those whose flow it is.
 */
export async function takeSharedTurn({ flowId, signal, steals, view, hear, lead }: Turn): Promise<void> {
  const { locks } = navigator as Partial<Navigator>;
  if (!flowId || !locks) return lead(() => {});
  const name = `stepgate ${flowId}`;
  const channel = new BroadcastChannel(name);
  const tell = (): void => channel.postMessage(view());
  channel.onmessage = ({ data }) => {
    if (!data) tell();
    else if (data.flowId === flowId) hear([data]);
  };
  // Asks the other tabs for what they last heard.
  channel.postMessage(null);
  try {
    await locks.request(name, steals ? { steal: true } : { signal }, () => lead(tell));
  } finally {
    channel.close();
  }
}
