import type { Factor, WayName } from '@stepgate/core';
import type { Receipt } from '../../src/receipt.ts';
import type { Browser, ErrandName, Guest, HandedBack } from './deeds.ts';

/** Something that a user's phone, or the tenant, was asked for. All times are real ones. */
export interface Asked {
  /** Whose request it was: the browser's seat. */
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
  /** The phone that it went to, if that was added in this run. */
  readonly phone?: AddedPhone | undefined;
  /** What the phone showed of the action. */
  readonly details?: readonly unknown[] | undefined;
  /** What a ping for it must bear, and whether the gate has taken one. */
  readonly pingToken?: string | undefined;
  isPinged: boolean;
}

/** A phone that is being added, or was. */
export interface AddedPhone {
  readonly id: string;
  /** The sign-in that it is added in. */
  readonly transaction: string;
  /** Who has scanned its QR code, and when. */
  holder?: 'ada' | 'mallory';
  addedAt?: number;
  /** Whether the tokens for it were given out. */
  isConfirmed: boolean;
}

/** What the tenant has given tokens for. */
export interface GivenProof {
  readonly browser: string;
  readonly at: number;
  readonly factor: Factor;
  readonly push?: Push | undefined;
  /** The phone that has answered, if it was added in this run, and whether it was confirmed by this very proof. */
  readonly phone?: AddedPhone | undefined;
  readonly isConfirmation?: boolean;
  /** What of the details came with the tokens. */
  readonly handedBack?: HandedBack | undefined;
}

/** A code that one browser alone may see. */
export interface Secret {
  readonly value: string;
  readonly browser: string;
  readonly what: string;
}

/** A request of which only one of a sign-in may be under way. */
export interface Exclusive {
  readonly what: string;
  readonly sentAt: number;
  readonly isOver: () => boolean;
  /** When another one had been sent that was still under way. */
  readonly underWaySince: number | undefined;
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
  /** Who signed in there, the code that they brought back, and to which browser. */
  user?: 'ada' | 'mallory';
  code?: string;
  visitor?: Browser;
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
  readonly factor: Factor;
  /** Whether the approval says that its factor was added in the flow. */
  readonly isMarkedNew: boolean;
  /** Whether it says that another login has run its flow. */
  readonly isByOtherLogin: boolean;
  readonly browser: string;
  readonly errand: ErrandName;
  /** When the request came, and when the handler ran. */
  readonly askedAt: number;
  readonly at: number;
}

/** A link that a browser has got. */
export interface AskedLink {
  readonly asker: Browser;
  readonly path: string;
  /** When the browser got its requirement. */
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
  readonly proofs: GivenProof[];
  readonly phones: AddedPhone[];
  /** The requests of which only one may be under way, by sign-in. */
  readonly exclusive: Map<string, Exclusive[]>;
  /** How many sign-ins there were. */
  signIns: number;
  /** The recovery code that is right, the one on the user's paper, and those that are worth nothing any more. */
  readonly recovery: { current: string; onPaper: string; readonly replaced: string[] };
  /** The views in which recovery codes were typed, and how many the tenant was sent. */
  readonly recoveryTyped: Set<string>;
  recoverySent: number;
  readonly secrets: Secret[];
  readonly runs: Run[];
  /** The approvals that a handler has given back. */
  readonly released: string[];
  readonly receipts: IssuedReceipt[];
  /** What each flow was started for. */
  readonly flows: Map<string, ErrandName>;
  /** The flow that each approval was granted in, and when. */
  readonly grants: Map<string, { readonly flow: string; readonly at: number }>;
  readonly links: AskedLink[];
  /** The link that each guest has opened last. */
  readonly opened: Map<Guest, AskedLink>;
  /** The flows that there were links for, and the seats that have begun them. */
  readonly linked: Map<string, Set<string>>;
  /** What somebody noticed at once. */
  readonly noticed: string[];
}

/** The tenant's nth one. */
export const recoveryCode = (nth: number): string => `RECOVERY${String(nth).padStart(4, '0')}`;

export const isRecoveryCode = (code: string): boolean => code.startsWith('RECOVERY');

const FIRST_RECOVERY_CODE = recoveryCode(1);

export function createTruth(): Truth {
  return {
    pushes: [],
    codes: [],
    departures: [],
    messages: [],
    polls: new Map(),
    proofs: [],
    phones: [],
    exclusive: new Map(),
    signIns: 0,
    recovery: { current: FIRST_RECOVERY_CODE, onPaper: FIRST_RECOVERY_CODE, replaced: [] },
    recoveryTyped: new Set(),
    recoverySent: 0,
    secrets: [],
    runs: [],
    released: [],
    receipts: [],
    flows: new Map(),
    grants: new Map(),
    links: [],
    opened: new Map(),
    linked: new Map(),
    noticed: [],
  };
}
