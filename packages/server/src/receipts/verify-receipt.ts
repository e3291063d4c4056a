import { type Factor, isFactor, StepUpError } from '@stepgate/core';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import { boundDigest } from '../policy/binding.ts';
import { type Duration, durationSeconds } from '../policy/duration.ts';
import { isLoopback } from '../request/loopback.ts';
import { RECEIPT_TYPE } from './receipts.ts';

/** Which receipts a service takes. */
export interface VerifyReceiptOptions {
  /** The gate: its origin and base path, `https://bank.example/step-up`. */
  readonly issuer: string;
  /** The service, as the receipts name it. */
  readonly audience: string;
  /** The JSON that the service is about to act on: it must be what was bound, `{ to: 'Grace', amount: 250 }`. */
  readonly bound?: unknown;
  /** The action that must have been approved. */
  readonly action?: string;
  /** How old the approval may be: seconds, or `'30s'`, `'5m'`. Default: as old as the gate lets it be. */
  readonly maxAge?: Duration;
  /** The gate's keys, where they cannot be fetched. Default: those at `<issuer>/jwks.json`, kept for a while. */
  readonly keys?: JSONWebKeySet;
  /** Accepts an `http:` issuer that is not this machine. */
  readonly allowInsecureIssuer?: boolean;
  /** Milliseconds since the epoch, for tests. */
  readonly now?: () => number;
}

/** What a verified receipt says. */
export interface Receipt {
  /** The receipt's own id, `jti`. */
  readonly id: string;
  readonly subject: string;
  /** The approval's id. An approval for a single use is acted on once: keep this id until `expiresAt`. */
  readonly approval: string;
  readonly singleUse: boolean;
  readonly factor: Factor;
  /** The provider's way by which the user approved: `mfa-api` or `ciba`. */
  readonly way?: string;
  /** What the phone was told to show, where it showed anything; see `phoneShows`. */
  readonly shown?: string;
  /** When the user approved, in milliseconds since the epoch. */
  readonly approvedAt: number;
  /** Until when the receipt is taken, in milliseconds since the epoch: 5 seconds after its `exp`, because clocks differ. */
  readonly expiresAt: number;
  /** The id of the action that was approved. */
  readonly action?: string;
  /** The digest of what was bound; see `boundDigest`. */
  readonly bound?: string;
}

/** The clocks of two services may differ by so much. */
const TOLERANCE_SECONDS = 5;

/**
 * Verifies a receipt in the service that acts on it: signature, issuer, audience, times, and what was approved.
 *
 * @example
 * const receipt = await verifyReceipt(token, {
 *   issuer: 'https://bank.example/step-up',
 *   audience: 'ledger',
 *   bound: { to: body.to, amount: body.amount },
 * });
 *
 * @throws TypeError when an option is wrong.
 * @throws StepUpError `receipt_invalid` (401), or `receipt_keys_unavailable` (503) when the gate's keys cannot be fetched.
 */
export async function verifyReceipt(token: string, options: VerifyReceiptOptions): Promise<Receipt> {
  const { issuer, audience, maxAge, now = Date.now } = options;
  for (const [name, value] of Object.entries({ issuer, audience })) {
    if (typeof value !== 'string' || value === '') throw new TypeError(`${name}: must be a non-empty string`);
  }
  const keys = options.keys ? createLocalJWKSet(options.keys) : keysOf(options);
  const maxAgeSeconds = maxAge === undefined ? Number.POSITIVE_INFINITY : durationSeconds(maxAge);
  if (maxAgeSeconds === undefined) throw new TypeError("maxAge: must be seconds, or a duration like '5m'");
  const expected = 'bound' in options ? boundDigest(options.bound) : undefined;

  const payload = await verifyToken(token, keys, { issuer, audience, now });
  const receipt = receiptOf(payload);
  if (receipt === undefined) throw invalid('a claim is missing or of another type');
  if (receipt.approvedAt + (maxAgeSeconds + TOLERANCE_SECONDS) * 1_000 < now()) {
    throw invalid('the approval is too old');
  }
  if (options.action !== undefined && receipt.action !== options.action)
    throw invalid('it is for another action');
  if (expected !== undefined && receipt.bound !== expected) {
    throw invalid('what was approved is not what is to be done');
  }
  return receipt;
}

/** What goes wrong with the fetching of keys, rather than with the receipt. */
const KEY_FAULTS = ['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID'];

async function verifyToken(
  token: string,
  keys: JWTVerifyGetKey,
  {
    issuer,
    audience,
    now,
  }: { readonly issuer: string; readonly audience: string; readonly now: () => number },
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience,
      algorithms: ['ES256', 'EdDSA'],
      typ: RECEIPT_TYPE,
      requiredClaims: ['exp', 'iat', 'sub', 'jti'],
      clockTolerance: TOLERANCE_SECONDS,
      currentDate: new Date(now()),
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JOSEError && !KEY_FAULTS.includes(error.code)) throw invalid(error.message);
    throw new StepUpError(
      'receipt_keys_unavailable',
      `The keys at ${issuer}/jwks.json could not be fetched. Can this service reach the gate?`,
    );
  }
}

function receiptOf(payload: JWTPayload): Receipt | undefined {
  const {
    jti = '',
    sub = '',
    exp = 0,
    approval,
    auth_time: authTime,
    factor,
    single_use: singleUse,
  } = payload;
  const { action, bound, way, shown } = payload;
  if (typeof approval !== 'string' || typeof authTime !== 'number' || typeof singleUse !== 'boolean') {
    return undefined;
  }
  const isText = (value: unknown): value is string | undefined =>
    ['string', 'undefined'].includes(typeof value);
  if (!isFactor(factor) || !isText(action) || !isText(bound) || !isText(way) || !isText(shown)) {
    return undefined;
  }
  return {
    id: jti,
    subject: sub,
    approval,
    singleUse,
    factor,
    approvedAt: authTime * 1_000,
    expiresAt: (exp + TOLERANCE_SECONDS) * 1_000,
    ...(way !== undefined && { way }),
    ...(shown !== undefined && { shown }),
    ...(action !== undefined && { action }),
    ...(bound !== undefined && { bound }),
  };
}

/** One for each issuer: each of them keeps the keys that it has fetched. */
const remoteKeys = new Map<string, JWTVerifyGetKey>();

function keysOf({ issuer, allowInsecureIssuer = false }: VerifyReceiptOptions): JWTVerifyGetKey {
  const url = URL.canParse(issuer) ? new URL(`${issuer}/jwks.json`) : undefined;
  const isSecure =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && (allowInsecureIssuer || isLoopback(url)));
  if (url === undefined || !isSecure) {
    throw new TypeError('issuer: must be an https address, like https://bank.example/step-up');
  }
  const known = remoteKeys.get(url.href) ?? createRemoteJWKSet(url);
  remoteKeys.set(url.href, known);
  return known;
}

function invalid(why: string): StepUpError {
  return new StepUpError('receipt_invalid', `This receipt does not count: ${why}.`);
}
