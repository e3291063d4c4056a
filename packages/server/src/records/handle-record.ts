import type { Effect, Factor, FlowState } from '@stepgate/core';
import type { Requirement } from '../policy/requirement.ts';

/** The record that a flow ended well. Holds no secret, so that every guarded request can read it without decryption. */
export interface Approval {
  readonly id: string;
  readonly subject: string;
  readonly factor: Factor;
  readonly authenticatorId?: string;
  /**
   * When the flow ended, in milliseconds since the epoch. The proof may be older by the time that the user took to
   * put new recovery codes away; reading them with care must not force a second approval.
   */
  readonly approvedAt: number;
  /** What was asked for, by `requirementHash`. */
  readonly requirement: string;
  /** Serves one request only, and only for that requirement. */
  readonly singleUse: boolean;
  /** Serves only that requirement. */
  readonly isForAction: boolean;
  /** The factor was added in the same flow. */
  readonly enrolledInFlow: boolean;
  /** When it was used, if it is for a single use. */
  readonly usedAt?: number;
  /** Until when the tokens live that were kept with it, if the policy keeps any. */
  readonly tokensUntil?: number;
  /** Until when it can be of use. */
  readonly keepUntil: number;
}

/** An effect that was committed, and the process that has claimed it. */
export interface PendingEffect {
  readonly effect: Effect;
  readonly claim: string;
  /** After this time the claim's process counts as dead. */
  readonly claimedUntil: number;
  /**
   * For polls: until when that process may begin more of them under the same claim. It writes only what is news, so that
   * the state stays that of the first one.
   */
  readonly pollsUntil?: number;
}

/** A flow between two events, with all that is needed to go on with it in any process. */
export interface FlowRecord {
  /** Names the flow in audit events, and in its views for tabs to find each other by. Random, and good for nothing else. */
  readonly id: string;
  /** In milliseconds since the epoch. */
  readonly startedAt: number;
  /** The view's version. */
  readonly version: number;
  readonly state: FlowState;
  /** The vault, sealed. */
  readonly vault: string;
  readonly requirement: Requirement;
  readonly requirementHash: string;
  readonly pending?: PendingEffect;
  /** The identity of the login that the flow was started in, sealed: for hooks that another request sets off. */
  readonly identity: string;
  /** The claims of the pushes that this flow was admitted to send, or asked to: its share of what is counted. */
  readonly pushes?: readonly string[];
  /** Another browser of the same subject wanted to send a push meanwhile. */
  readonly isContested?: boolean;
}

/** Everything that one handle owns: so that each promise is one compare-and-set. */
export interface HandleRecord {
  readonly subject: string;
  /** The digest of tenant, application, subject and session that the record belongs to. */
  readonly session: string;
  readonly flow?: FlowRecord;
  readonly approvals: readonly Approval[];
  /** The tokens that policies have kept, beside the approvals that they came with. */
  readonly tokens?: readonly KeptTokens[];
}

/** The tokens that came with an approval, kept for the handler that needs them. */
export interface KeptTokens {
  /** The approval's id. */
  readonly approval: string;
  /** A token set, sealed for this record and approval alone. */
  readonly sealed: string;
}
