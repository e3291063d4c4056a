import type { Authenticator } from './authenticator.ts';
import type { Transaction } from './transaction.ts';

/** One out-of-band request, named by its `oob_code`: a push, a message, or an enrolment to confirm. */
export interface OobCode {
  readonly code: string;
  readonly transaction: Transaction;
  readonly authenticator: Authenticator;
  readonly purpose: 'challenge' | 'enrollment';
  readonly createdAt: number;
  readonly expiresAt: number;
  /** The code in the message; a push has none. */
  readonly bindingCode?: string;
  answer: 'pending' | 'approved' | 'denied';
  isRedeemed: boolean;
}
