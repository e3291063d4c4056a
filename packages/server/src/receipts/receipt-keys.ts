import {
  createPrivateKey,
  createPublicKey,
  type JsonWebKeyInput,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import canonicalize from 'canonicalize';
import { deriveBytes, digest } from '../lib/seal.ts';
import type { ReceiptKey } from './receipt-settings.ts';

/** The keys of receipts. */
export interface ReceiptKeys {
  readonly signer: {
    readonly kid: string;
    readonly alg: string;
    readonly privateKey: KeyObject;
  };
  /** The public keys, as a JWK set (RFC 7517, section 5). */
  readonly published: { readonly keys: readonly PublishedKey[] };
}

/** A public key, as others read it. */
interface PublishedKey {
  readonly kid: string;
  readonly alg: 'ES256' | 'EdDSA';
  readonly use: 'sig';
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly y?: string;
}

/**
 * Takes the keys of the options.
 *
 * @throws TypeError naming the key that is wrong.
 */
export function parseReceiptKeys(keys: readonly ReceiptKey[]): ReceiptKeys {
  const parsed = keys.map(parseKey);
  const [first] = parsed;
  if (first?.privateKey === undefined) {
    throw new TypeError('receipts.keys.0: must have a private part, d; the first key signs');
  }
  const published = parsed.map((key) => key.published);
  if (new Set(published.map(({ kid }) => kid)).size < published.length) {
    throw new TypeError('receipts.keys: two of them have the same kid');
  }
  const { kid, alg } = first.published;
  return { signer: { kid, alg, privateKey: first.privateKey }, published: { keys: published } };
}

/**
 * Derives one key from each secret: processes that share the secret share the key. Gates of another tenant or application
 * (`namespace`) have other keys, since the issuer that a receipt names can be the same.
 */
export function deriveReceiptKeys(secret: string | readonly string[], namespace: string): ReceiptKeys {
  return parseReceiptKeys([...new Set([secret].flat())].map((one) => deriveKey(one, namespace)));
}

/** An Ed25519 private key is any 32 bytes; in front of them stands what PKCS #8 says about it (RFC 8410, section 7). */
const PKCS8_OF_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

function deriveKey(secret: string, namespace: string): ReceiptKey {
  const seed = deriveBytes(secret, `receipt key of ${namespace}`, 32);
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8_OF_ED25519, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  return key.export({ format: 'jwk' }) as unknown as ReceiptKey;
}

function parseKey(
  key: ReceiptKey,
  index: number,
): { readonly published: PublishedKey; readonly privateKey: KeyObject | undefined } {
  const name = `receipts.keys.${index}`;
  const { kty, crv, kid } = key ?? {};
  const alg = ALGORITHMS[`${kty} ${crv}`];
  if (alg === undefined) throw new TypeError(`${name}: must be a JWK of type EC (P-256) or OKP (Ed25519)`);
  if (kid !== undefined && (typeof kid !== 'string' || kid === '')) {
    throw new TypeError(`${name}.kid: must be a non-empty string`);
  }
  const { d, ...publicPart } = key;
  const publicKey = importKey(name, () => createPublicKey(asJwk(publicPart)));
  const privateKey = d === undefined ? undefined : importKey(name, () => createPrivateKey(asJwk(key)));
  if (privateKey && !isPair(privateKey, publicKey)) {
    throw new TypeError(`${name}: the private part does not belong to x and y`);
  }
  const { x = '', y } = publicKey.export({ format: 'jwk' });
  const members = { kty, crv, x, ...(y !== undefined && { y }) };
  return {
    published: { kid: kid ?? digest(canonicalize(members) as string), alg, use: 'sig', ...members },
    privateKey,
  };
}

function isPair(privateKey: KeyObject, publicKey: KeyObject): boolean {
  const digestName = publicKey.asymmetricKeyType === 'ec' ? 'sha256' : null;
  const probe = Buffer.from('stepgate');
  return verify(digestName, probe, publicKey, sign(digestName, probe, privateKey));
}

const ALGORITHMS: Readonly<Record<string, PublishedKey['alg']>> = {
  'EC P-256': 'ES256',
  'OKP Ed25519': 'EdDSA',
};

function asJwk(key: ReceiptKey): JsonWebKeyInput {
  return { key: { ...key }, format: 'jwk' };
}

/** What is wrong with a private key is not told in the words of the library, which may hold a part of it. */
function importKey(name: string, load: () => KeyObject): KeyObject {
  try {
    return load();
  } catch {
    throw new TypeError(`${name}: cannot be read as a JWK`);
  }
}
