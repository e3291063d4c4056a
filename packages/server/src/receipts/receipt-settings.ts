import type { Duration } from '../policy/duration.ts';

/**
 * A key for receipts, as JWK (RFC 7517): P-256, which signs with ES256, or Ed25519, which signs with EdDSA. Without `d`
 * it is only published.
 */
export interface ReceiptKey {
  readonly kty: 'EC' | 'OKP';
  readonly crv: 'P-256' | 'Ed25519';
  readonly x: string;
  readonly y?: string;
  /** The private part. */
  readonly d?: string;
  /** Default: the key's thumbprint (RFC 7638). */
  readonly kid?: string;
}

/** How receipts are signed: what `stepUp.receipt()` gives. */
export interface ReceiptSettings {
  /**
   * The first key signs, and all of them are published at `<basePath>/jwks.json`: to rotate, put the new key second,
   * then first, then take the old one away. Default: Ed25519 keys that are derived from the `secret`, one from each of a
   * list.
   */
  readonly keys?: readonly ReceiptKey[];
  /** The `iss` of receipts. Default: the origin of the request, and the base path. */
  readonly issuer?: string;
  /** How long a receipt is valid: seconds, or `'30s'`, `'2m'`; at most 5 minutes. Default 1 minute. */
  readonly lifetime?: Duration;
}
