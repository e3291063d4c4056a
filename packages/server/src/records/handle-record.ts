import type { Authentication, Effect, Factor, FlowState, PhoneShown, WayName } from '@stepgate/core';
import type { Requirement } from '../policy/requirement.ts';

/** The record that a flow ended well. Holds no secret, so that every guarded request can read it without decryption. */
export interface Approval {
  readonly id: string;
  readonly subject: string;
  readonly factor: Factor;
  readonly authenticatorId?: string;
  /**
   * When the flow ended, in milliseconds since the epoch. The proof may be older, because the user took time to store
   * new recovery codes, which must not force a second approval.
   */
  readonly approvedAt: number;
  /** What was asked for, by `requirementHash`. */
  readonly requirement: string;
  /** Serves one request only, and only for that requirement. */
  readonly singleUse: boolean;
  /** Serves only that requirement. */
  readonly isForAction: boolean;
  /** What the phone was told to show, where it showed anything. */
  readonly shown?: PhoneShown;
  /** The provider's way by which it was given. */
  readonly way?: WayName;
  /**
   * How the user authenticated, as the provider's answer says: by CIBA and the provider's page, where its `id_token` says
   * so.
   */
  readonly authentication?: Authentication;
  /** The factor was added in the same flow. */
  readonly enrolledInFlow: boolean;
  /** It was given in another login of the subject, by a link. Such an approval is for a single use. */
  readonly byOtherLogin?: boolean;
  /** When it was used, if it is single-use. */
  readonly usedAt?: number;
  /** When the tokens expire that were kept with it, if any. */
  readonly tokensUntil?: number;
  /** When it is of no more use. */
  readonly keepUntil: number;
}

/** An effect that was committed, and the process that has claimed it. */
export interface PendingEffect {
  readonly effect: Effect;
  readonly claim: string;
  /** After this time the claim's process counts as dead. */
  readonly claimedUntil: number;
  /**
   * For polls: until when that process may begin more of them under the same claim. Only news is written, so the
   * state stays that of the first poll.
   */
  readonly pollsUntil?: number;
}

/** A flow between two events, with everything that any process needs to continue it. */
export interface FlowRecord {
  /**
   * Names the flow in audit events, and in its views so that tabs find each other. Random, and without any other use.
   */
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
  /** The identity of the login that the flow was started in, sealed: for hooks that another request triggers. */
  readonly identity: string;
  /** The claims of the pushes that this flow may send, or has asked to send: its share of what is counted. */
  readonly pushes?: readonly string[];
  /** The digest of the `state` of the last return from the provider's page, so that a second one is known. */
  readonly lastReturn?: string;
  /** Another browser of the same subject wanted to send a push meanwhile. */
  readonly isContested?: boolean;
  /** The link by which another login of the subject runs this flow for the login that the record belongs to. */
  readonly link?: FlowLink;
}

/** The link of a {@link FlowRecord}. */
export interface FlowLink {
  /** Names the link, at random. */
  readonly id: string;
  /** The key of the record that the browser owns which has opened it: only that browser goes on with the flow. */
  readonly openedBy?: string;
}

/** Everything that one handle owns, in one record, so that every promise takes one compare-and-set. */
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
