import type { FlowView } from '@stepgate/core';

/** One tab's turn at following a flow: over its own connection, or through the tab that has one. */
export interface Turn {
  /** The flow's name. Without one, the turn is not shared. */
  readonly flowId: string | undefined;
  /** Ends the turn. */
  readonly signal: AbortSignal;
  /** Takes the lead from a tab that holds it but has fallen silent. */
  readonly steals: boolean;
  /** The last view that this tab has. */
  readonly view: () => FlowView;
  /** Takes what the leading tab passes on. */
  readonly hear: (views: readonly FlowView[]) => void;
  /** Follows the flow over this tab's own connection. Call `tell` at every sign of life. */
  readonly lead: (tell: () => void) => Promise<void>;
}

/** Sent to the other tabs to ask for the last view that they have. */
const ASK = null;

/**
 * Takes a turn in which all tabs of a browser that follow the same flow share one connection. The tab that holds the
 * lock with the flow's name leads, and passes its views on over a channel with the same name. When it lets go of the
 * lock (hidden, closed, crashed, connection lost), the next tab gets it at once. In a browser without locks every tab
 * has its own connection.
 *
 * A view cannot reach a tab of another flow or login: the name is random, new for each flow, and the server tells it
 * only to the flow's owner.
 */
export async function takeSharedTurn({ flowId, signal, steals, view, hear, lead }: Turn): Promise<void> {
  const { locks } = navigator as Partial<Navigator>;
  if (flowId === undefined || locks === undefined) return lead(() => {});
  const name = `stepgate ${flowId}`;
  const channel = new BroadcastChannel(name);
  const tell = (): void => channel.postMessage(view());
  channel.onmessage = ({ data }: MessageEvent<FlowView | typeof ASK>) => {
    if (data === ASK) tell();
    else if (data.flowId === flowId) hear([data]);
  };
  channel.postMessage(ASK);
  try {
    await locks.request(name, steals ? { steal: true } : { signal }, () => lead(tell));
  } finally {
    channel.close();
  }
}
