import { StepUpError } from '@stepgate/core';
import { SignJWT } from 'jose';
import { durationSeconds } from '../policy/duration.ts';
import type { ParsedPolicy } from '../policy/policy.ts';
import { windowMs } from '../records/approval.ts';
import type { Approval } from '../records/handle-record.ts';
import { deriveReceiptKeys, parseReceiptKeys, type ReceiptKeys } from './receipt-keys.ts';
import type { ReceiptSettings } from './receipt-settings.ts';

/** What one receipt is for. */
export interface ReceiptOptions {
  /** The service that is going to verify it: its `aud`. */
  readonly audience: string;
}

/** An approval that a guard has let a request through with. */
export interface Approved {
  readonly approval: Approval;
  /** What the request was asked for. */
  readonly policy: ParsedPolicy;
  /** When the guard decided, in milliseconds since the epoch. */
  readonly decidedAt: number;
  /** The origin of the request. */
  readonly origin: string;
  /** When this request got its first receipt. */
  readonly firstReceiptAt?: number | undefined;
}

/** Issues receipts: approvals as signed tokens that other services can verify. */
export interface Receipts {
  /** The keys to verify receipts with. */
  published(): ReceiptKeys['published'];
  /**
   * @throws TypeError when the audience is wrong.
   * @throws StepUpError `insufficient_user_authentication` (401) when the approval has become too old.
   */
  issue(approved: Approved, options: ReceiptOptions): Promise<string>;
}

/** The `typ` of receipts: no other JWT can be taken for one (RFC 8725, section 3.11). */
export const RECEIPT_TYPE = 'stepgate-receipt+jwt';

const DEFAULT_LIFETIME_SECONDS = 60;
const LONGEST_LIFETIME_SECONDS = 300;

/**
 * Makes the issuer.
 *
 * @throws TypeError naming the option that is wrong.
 */
export function createReceipts(options: {
  readonly settings: ReceiptSettings;
  readonly secret: string | readonly string[];
  /** Names the tenant and the application. */
  readonly namespace: string;
  readonly basePath: string;
  readonly now: () => number;
  readonly randomId: () => string;
}): Receipts {
  const { settings, secret, namespace, basePath, now, randomId } = options;
  let keys = settings.keys && parseReceiptKeys(settings.keys);
  /** Deriving costs more than the rest of a gate, and most need no receipts. */
  const usedKeys = (): ReceiptKeys => {
    keys ??= deriveReceiptKeys(secret, namespace);
    return keys;
  };
  const lifetimeMs = parseLifetime(settings.lifetime ?? DEFAULT_LIFETIME_SECONDS) * 1_000;

  return {
    published: () => usedKeys().published,
    issue({ approval, policy, decidedAt, origin, firstReceiptAt }, receipt) {
      const { audience } = receipt ?? {};
      if (typeof audience !== 'string' || audience === '') {
        throw new TypeError('receipt: audience must name the service that verifies the receipt');
      }
      // A handler that was let in at the last moment still has time to ask for it.
      const last = Math.max(approval.approvedAt + windowMs(policy), decidedAt + lifetimeMs);
      // A service forgets what it acted on when the receipt expires, so no other one lives longer.
      const isFollowing = approval.singleUse && firstReceiptAt !== undefined;
      const until = isFollowing ? Math.min(last, firstReceiptAt + lifetimeMs) : last;
      if (now() >= until) {
        throw new StepUpError(
          'insufficient_user_authentication',
          'It is too late for a receipt: the approval is too old, or its first receipt has expired. Ask for the receipt at the beginning of the handler.',
        );
      }
      const { signer } = usedKeys();
      return new SignJWT(claimsOf(approval, policy))
        .setProtectedHeader({ alg: signer.alg, kid: signer.kid, typ: RECEIPT_TYPE })
        .setIssuer(settings.issuer ?? origin + basePath)
        .setSubject(approval.subject)
        .setAudience(audience)
        .setJti(randomId())
        .setIssuedAt(seconds(now()))
        .setExpirationTime(seconds(Math.min(now() + lifetimeMs, until)))
        .sign(signer.privateKey);
    },
  };
}

function claimsOf(approval: Approval, { action }: ParsedPolicy): Readonly<Record<string, unknown>> {
  return {
    approval: approval.id,
    auth_time: seconds(approval.approvedAt),
    factor: approval.factor,
    ...(approval.way !== undefined && { way: approval.way }),
    ...(approval.shown !== undefined && { shown: approval.shown }),
    single_use: approval.singleUse,
    // An approval for an action serves that action alone, so this is what was approved.
    ...(action && { action: action.id }),
    ...(action?.bound !== undefined && { bound: action.bound }),
  };
}

function seconds(ms: number): number {
  return Math.floor(ms / 1_000);
}

function parseLifetime(lifetime: unknown): number {
  const parsed = durationSeconds(lifetime);
  if (parsed !== undefined && parsed > 0 && parsed <= LONGEST_LIFETIME_SECONDS) return parsed;
  throw new TypeError("receipts.lifetime: must be seconds, or a duration like '30s', of at most 5 minutes");
}
