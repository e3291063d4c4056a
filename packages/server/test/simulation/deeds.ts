import type { Factor, PollSchedule, PushCodeEntry, WayName } from '@stepgate/core';
import type { Policy } from '../../src/index.ts';

/**
 * Who acts. `owner` and `other` are the user's own browsers, of two logins; `attacker` has the session of `owner` without
 * its handle, `twin` has both. `guest` and `intruder` open links: the user in the login of `other`, and the attacker in
 * that of `owner`.
 */
export const BROWSERS = {
  owner: { session: 'stolen', handle: 'o' },
  other: { session: 'own', handle: 'p' },
  attacker: { session: 'stolen', handle: 't' },
  twin: { session: 'stolen', handle: 'o' },
  guest: { session: 'own', handle: 'g' },
  intruder: { session: 'stolen', handle: 'i' },
} as const;

/** One of {@link BROWSERS}. */
export type Browser = keyof typeof BROWSERS;

/** One that opens links. */
export type Guest = 'guest' | 'intruder';

/** A browser; one that has opened a link, together with the browser that has asked for it. */
export type Seat = Browser | `${Guest} for ${Browser}`;

/** The browser of a seat. */
export const browserOf = (seat: string): Browser => seat.split(' ')[0] as Browser;

/** Whether it has opened a link. */
export const isLinked = (seat: string): boolean => seat.includes(' for ');

/** The login's session. */
export const sessionOf = (seat: string): string => BROWSERS[browserOf(seat)].session;

/** Whether the user sits in front of it, with the phone at hand. */
export const isOwn = (seat: string): boolean => ['owner', 'other', 'guest'].includes(browserOf(seat));

/** Whose flow it is. Owner and twin show the same handle, so a flow of one is the other's too. */
export function recordOf(seat: string): Browser {
  const browser = seat.split(' ').at(-1) as Browser;
  return browser === 'twin' ? 'owner' : browser;
}

/** What a browser asks for. Transfers differ by what is bound of their body. */
export interface Errand {
  readonly isSingleUse: boolean;
  /** Whether a recovery code will do. */
  readonly takesRecoveryCode?: boolean;
  /** Whether a phone that was added in the same flow counts for nothing. */
  readonly forbidsNewPhone?: boolean;
  /** How long ago a phone must have been added. */
  readonly leastAgeMs?: number;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Whether another login may run the flow. */
  readonly isByLink?: boolean;
}

export const ERRANDS = {
  'see the accounts': { isSingleUse: false, takesRecoveryCode: true },
  'see the history': { isSingleUse: false, forbidsNewPhone: true },
  'change the address': { isSingleUse: false, leastAgeMs: 300_000 },
  'close an account': { isSingleUse: true },
  'pay an invoice': { isSingleUse: false, isByLink: true },
  'order a card': { isSingleUse: true, isByLink: true },
  transfer: { isSingleUse: true, body: { to: 'grace', amount: 250 } },
  'the same transfer, written differently': { isSingleUse: true, body: { amount: 250, to: 'grace', at: 1 } },
  'another amount': { isSingleUse: true, body: { to: 'grace', amount: 2_500 } },
  'another type': { isSingleUse: true, body: { to: 'grace', amount: '250' } },
  'a member more': { isSingleUse: true, body: { to: 'grace', amount: 250, note: 'now' } },
  'a member less': { isSingleUse: true, body: { to: 'grace' } },
} as const satisfies Readonly<Record<string, Errand>>;

/** The name of one of {@link ERRANDS}. */
export type ErrandName = keyof typeof ERRANDS;

const BOUND = ['to', 'amount', 'note'] as const;

/** What is bound of an errand; `undefined` if it is no transfer. */
export function boundOfErrand(name: ErrandName): Readonly<Record<string, unknown>> | undefined {
  const { body }: Errand = ERRANDS[name];
  return (
    body && Object.fromEntries(BOUND.flatMap((member) => (member in body ? [[member, body[member]]] : [])))
  );
}

/** What was approved for one errand may run these. */
export function contentOf(name: ErrandName): string {
  const bound = boundOfErrand(name);
  return bound === undefined ? name : `transfer ${JSON.stringify(bound)}`;
}

const FACTORS: readonly Factor[] = ['push', 'otp', 'sms', 'hosted'];

/** The policy of its route. The title is the same for all transfers: what is bound must tell them apart by itself. */
export function policyOf(name: ErrandName): Policy {
  const { isSingleUse, body, isByLink, takesRecoveryCode, forbidsNewPhone, leastAgeMs }: Errand =
    ERRANDS[name];
  return {
    factors: takesRecoveryCode === true ? [...FACTORS, 'recovery-code'] : FACTORS,
    maxAge: isSingleUse ? 0 : '5m',
    ...(forbidsNewPhone === true && { allowEnrolledInFlow: false }),
    ...(leastAgeMs !== undefined && { minAuthenticatorAge: leastAgeMs / 1_000 }),
    ...(body && { action: { id: 'transfer', title: 'Transfer to Grace', bind: [...BOUND] } }),
    ...(isByLink === true && { allowOtherLogin: true, action: { id: name, title: name } }),
  };
}

/** Whose clock is set. The store's and both processes' are one clock, unless one of them alone goes wrong. */
export type Clocked = 'all' | 'store' | 'process 0' | 'process 1';

/** What the provider says of the details that were approved: that they are those that were asked for, or others. */
export const HANDED_BACK = [
  'the same',
  'in another order',
  'with a member more',
  'as text',
  'a member changed',
  'a member less',
  'a line more',
  'one less',
  'nothing',
] as const;

/** One of {@link HANDED_BACK}. */
export type HandedBack = (typeof HANDED_BACK)[number];

/** Who sends a ping: the provider, once or again, or somebody who makes one up or mixes two. */
export const PINGS = [
  'true',
  'again',
  'made up',
  'with the token of another',
  'with the name of another',
] as const;

/** Those that mix two. */
export const MIXED_PINGS = ['with the token of another', 'with the name of another'] as const;

/** One of {@link PINGS}. */
export type PingKind = (typeof PINGS)[number];

/** One thing that somebody does. */
export type Deed =
  | { readonly type: 'start'; readonly by: Browser; readonly errand: ErrandName }
  | { readonly type: 'start with a foreign token'; readonly by: 'attacker' | 'twin' }
  | { readonly type: 'start with an old requirement'; readonly by: Browser }
  | {
      readonly type:
        | 'cancel'
        | 'resend'
        | 'retry'
        | 'choose the code'
        | 'choose the text'
        | 'choose the recovery code'
        | 'note the new code'
        | 'type the password'
        | 'begin to add a phone'
        | 'scan'
        | 'take another way'
        | 'look'
        | 'watch';
      readonly by: Browser;
    }
  | { readonly type: 'type a code'; readonly by: Browser }
  /** The user's own from the paper; everybody else types one that was replaced. At once, at both processes by turns. */
  | { readonly type: 'type a recovery code'; readonly by: Browser; readonly times: number }
  /** Starts a flow and proves it by a recovery code, or by a phone that is added in it. */
  | { readonly type: 'recover'; readonly by: Browser; readonly errand: ErrandName; readonly times: number }
  | { readonly type: 'add a phone'; readonly by: Browser; readonly errand: ErrandName }
  /** Begins to add a phone, and looks at the other process meanwhile, after so many turns. */
  | {
      readonly type: 'add a phone in a hurry';
      readonly by: Browser;
      readonly errand: ErrandName;
      readonly after: number;
    }
  /** The user types what the phone shows, if they asked for the push; everybody else guesses. */
  | { readonly type: 'type the push code'; readonly by: Browser; readonly isMistyped: boolean }
  /** Several guesses: all at once for the same view, or one after the other. */
  | {
      readonly type: 'guess the push code';
      readonly by: Browser;
      readonly times: number;
      readonly isAtOnce: boolean;
    }
  /** Starts a flow, or types a code in one, and cancels it after so many turns of what that sets going. */
  | { readonly type: 'ring and cancel' | 'guess and cancel'; readonly by: Browser; readonly after: number }
  /** Starts a flow and proves it: by a code, by the push, or with a foreign token by somebody else's phone. */
  | { readonly type: 'prove' | 'prove by push'; readonly by: Browser; readonly errand: ErrandName }
  | {
      readonly type: 'use';
      readonly by: Browser;
      readonly errand: ErrandName;
      /** What the handler does with the approval. */
      readonly afterwards: 'nothing' | 'release' | 'receipt' | 'receipt and release';
    }
  /** Starts a flow, and leaves for the provider's page. */
  | { readonly type: 'leave'; readonly by: Browser; readonly errand: ErrandName }
  /** Signs in there, and comes back: the user as themselves, others as somebody else. `isCareless`: by anybody's link. */
  | { readonly type: 'visit'; readonly by: Browser; readonly isCareless: boolean; readonly times: number }
  /** Loads an address of a return: an old one, one with another code, or one with an error. */
  | {
      readonly type: 'come back';
      readonly by: Browser;
      readonly how: 'again' | 'with the code of another' | 'refused';
    }
  | { readonly type: 'ask for a link'; readonly by: Browser; readonly errand: ErrandName }
  /** The newest one, or the one before. */
  | { readonly type: 'open a link'; readonly by: Guest; readonly isOld: boolean }
  /** Asks for a link, opens it there after a while, proves the flow by the push, and uses what comes of it. */
  | {
      readonly type: 'prove by link';
      readonly by: Browser;
      readonly errand: ErrandName;
      readonly at: Guest;
      readonly keptMs: number;
      readonly uses: number;
    }
  /** `isCareless`: a yes goes to any push, also to one that somebody else has caused. */
  | { readonly type: 'answer'; readonly approves: boolean; readonly isCareless: boolean }
  | { readonly type: 'hand back'; readonly what: HandedBack }
  | { readonly type: 'ping'; readonly kind: PingKind }
  /** Asks for another push as soon as may be, and looks on; a ping may come meanwhile. */
  | { readonly type: 'ring again'; readonly by: Browser; readonly kind?: PingKind | undefined }
  /** Looks on for a while, at a process that may die then. The user may say yes after so many looks. */
  | {
      readonly type: 'look on';
      readonly by: Browser;
      readonly dies: boolean;
      readonly answersAfter?: number | undefined;
    }
  | { readonly type: 'wait'; readonly ms: number }
  | { readonly type: 'set a clock'; readonly whose: Clocked; readonly ms: number }
  | { readonly type: 'crash'; readonly process: number }
  | { readonly type: 'faults'; readonly areOn: boolean };

/** A deed, the process that it goes to, and how much of what is under way goes on before the next one. */
export interface Step {
  readonly deed: Deed;
  readonly process: number;
  readonly turns: number;
}

/** How the gate of a run is set up. */
export interface Setup {
  readonly ways: readonly WayName[];
  readonly pushCode: PushCodeEntry;
  readonly pollSchedule: PollSchedule;
  /** What it takes to add a first phone. Without it the user has one. */
  readonly enroll?: 'password' | 'session';
  /** The phone shows details of what is approved, by CIBA; what the provider says of them at first. */
  readonly details?: HandedBack;
  /** Whether the provider pings, by CIBA. */
  readonly pings?: boolean;
}

export const MFA_API: Setup = { ways: ['mfa-api'], pushCode: 'typed', pollSchedule: 'eager' };
