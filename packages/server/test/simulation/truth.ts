import type { WayName } from '@stepgate/core';
import type { Receipt } from '../../src/receipt.ts';
import type { ErrandName } from './deeds.ts';

/** Something that a user's phone, or the tenant, was asked for. All times are real ones. */
export interface Asked {
  /** Whose request it was: the browser's name. */
  readonly browser: string;
  readonly session: string;
  /** When the gate sent it, in milliseconds since the epoch. */
  readonly sentAt: number;
  /** A time before which the gate cannot have counted it. */
  readonly countedFrom: number;
}

/** A push, as the phone knows it. */
export interface Push extends Asked {
  readonly way: WayName;
  state: 'waiting' | 'approved' | 'given out' | 'denied';
  /** The code that the phone shows, and whether the user has typed it. */
  readonly code?: string;
  isTyped: boolean;
  /** How many wrong codes were judged for it. */
  wrongCodes: number;
  /** The least time until the next poll, as the tenant has told it. */
  intervalMs: number;
}

/** A code, as it was judged by the tenant, or by the gate where the phone shows it. */
export interface JudgedCode extends Asked {
  readonly isRight: boolean;
}

/** A user who left for the provider's page. */
export interface TakenDeparture {
  /** The browser that they left in. */
  readonly browser: string;
  readonly state: string;
  readonly at: number;
  /** Who signed in there, and the code that they brought back. */
  user?: 'ada' | 'mallory';
  code?: string;
  /** How often the code was exchanged, with the secret of its departure. */
  exchanges: number;
}

/** A poll, as the process that sent it knows it. */
export interface SentPoll {
  readonly sentAt: number;
  /** The least time since the poll before it. */
  readonly intervalMs: number;
  /** Whether its process waits for it no more. */
  isOver: () => boolean;
  /** When another one of the same challenge had been sent that was still under way. */
  readonly underWaySince: number | undefined;
}

/** An approval that let a handler run. */
export interface Run {
  readonly approval: string;
  readonly way: string | undefined;
  readonly browser: string;
  readonly errand: ErrandName;
  readonly at: number;
}

/** A receipt that a handler has got. */
export interface IssuedReceipt {
  readonly approval: string;
  /** What the handler ran. */
  readonly errand: ErrandName;
  readonly at: number;
  /** Whether the handler had given the approval back before. */
  readonly isAfterRelease: boolean;
  /** What the receipt says, once it was verified. */
  readonly says: Pick<Receipt, 'approval' | 'bound' | 'expiresAt'>;
}

/** What really happened: what the phone and the tenant saw, and what the handlers did. Knows nothing of the gate. */
export interface Truth {
  readonly pushes: Push[];
  readonly codes: JudgedCode[];
  readonly departures: TakenDeparture[];
  /** The text messages that the tenant has sent. */
  readonly messages: Asked[];
  /** The polls that the tenant was sent, by challenge. */
  readonly polls: Map<string, SentPoll[]>;
  /** The proofs that the tenant has given tokens for. */
  readonly proofs: { readonly browser: string; readonly at: number; readonly push: Push | undefined }[];
  readonly runs: Run[];
  /** The approvals that a handler has given back. */
  readonly released: string[];
  readonly receipts: IssuedReceipt[];
  /** What each flow was started for. */
  readonly flows: Map<string, ErrandName>;
  /** The flow that each approval was granted in, and when. */
  readonly grants: Map<string, { readonly flow: string; readonly at: number }>;
  /** What somebody noticed at once. */
  readonly noticed: string[];
}

export function createTruth(): Truth {
  return {
    pushes: [],
    codes: [],
    departures: [],
    messages: [],
    polls: new Map(),
    proofs: [],
    runs: [],
    released: [],
    receipts: [],
    flows: new Map(),
    grants: new Map(),
    noticed: [],
  };
}
