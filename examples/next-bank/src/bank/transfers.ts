/** One transfer. */
export interface Transfer {
  readonly to: string;
  readonly amount: number;
}

/** By user. A table, in a real app. */
const transfers = new Map<string, Transfer[]>();

export function transfersOf(sub: string): readonly Transfer[] {
  return transfers.get(sub) ?? [];
}

export function addTransfer(sub: string, transfer: Transfer): void {
  transfers.set(sub, [...transfersOf(sub), transfer]);
}
