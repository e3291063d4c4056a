import { StepUpError, type TokenSet } from '@stepgate/core';
import type { ParsedPolicy } from '../policy/policy.ts';
import type { ReceiptOptions } from '../receipts/receipts.ts';
import type { Approval } from '../records/handle-record.ts';
import type { HostRequest } from '../request/host-request.ts';
import type { StepUp } from './decision.ts';
import type { RequestUses, UsedApproval } from './used-approvals.ts';

/** What a decision in favour of a request rests on. */
export interface Grant {
  readonly use: UsedApproval;
  /** What the guards of the request have used, this use included. */
  readonly uses: RequestUses;
  readonly request: HostRequest;
  readonly policy: ParsedPolicy;
  readonly decidedAt: number;
}

/** What a {@link GrantedStepUp} can ask of its gate. */
export interface Granting {
  tokens(use: UsedApproval): TokenSet | undefined;
  /** Whether the approval was revoked since it was used. */
  isRevoked(use: UsedApproval): Promise<boolean>;
  receipt(grant: Grant, options: ReceiptOptions): Promise<string>;
  giveBack(uses: RequestUses): Promise<void>;
}

/**
 * What a handler gets. Every guarded request makes one, and most handlers ask it for nothing: so it is a class with
 * getters, which makes copies and functions only when they are read. Functions, not methods, because handlers may take
 * them out of the object.
 */
export class GrantedStepUp implements StepUp {
  readonly #grant: Grant;
  readonly #granting: Granting;
  #approval: Approval | undefined;

  constructor(grant: Grant, granting: Granting) {
    this.#grant = grant;
    this.#granting = granting;
  }

  /** A copy: the record stays in memory for later requests, and a handler may change what it gets. */
  get approval(): Approval {
    this.#approval ??= copyOf(this.#grant.use.approval);
    return this.#approval;
  }

  get tokens(): StepUp['tokens'] {
    return () => this.#granting.tokens(this.#grant.use);
  }

  get receipt(): StepUp['receipt'] {
    return async (options) => {
      const { use, uses } = this.#grant;
      assertHeld(use, uses);
      // Signed at once, so that no `release()` comes between.
      const [receipt, isRevoked] = await Promise.all([
        this.#granting.receipt(this.#grant, options),
        this.#granting.isRevoked(use),
      ]);
      if (!isRevoked) return receipt;
      throw new StepUpError(
        'insufficient_user_authentication',
        'The approval was revoked, so it has no receipt. Stop what the handler does, and ask for a new approval.',
      );
    };
  }

  get release(): StepUp['release'] {
    return () => this.#granting.giveBack(this.#grant.uses);
  }
}

function copyOf(approval: Approval): Approval {
  const { authentication } = approval;
  return { ...approval, ...(authentication && { authentication: structuredClone(authentication) }) };
}

/** A receipt of an approval that is unused, or unused again, would let it be used twice. */
function assertHeld(use: UsedApproval, { used }: RequestUses): void {
  if (!used.includes(use)) {
    throw new StepUpError(
      'insufficient_user_authentication',
      'The approval was given back, so it has no receipt. Ask for the receipt before you release it.',
    );
  }
  if (!use.approval.singleUse || use.isUsedUp) return;
  throw new StepUpError(
    'misconfigured',
    '`check` leaves a single-use approval unused, so it has no receipt. Call `assert`, or use a guard.',
  );
}
