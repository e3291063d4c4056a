import type { Grant } from '../mfa/transaction.ts';

/** What an authorization code stands for (RFC 6749, section 4.1.2). */
export interface IssuedCode {
  readonly grant: Grant;
  readonly redirectUri: string;
  readonly nonce: string | undefined;
  /** SHA-256 of the verifier, in base64url (RFC 7636, section 4.2). */
  readonly codeChallenge: string | undefined;
}
