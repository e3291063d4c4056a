import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hash,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';

/**
 * Seals small secrets with AES-256-GCM, and signs with HMAC-SHA-256 what others may read but not make. What is sealed
 * or signed for one purpose is refused for another.
 */
export interface Sealer {
  /** `purpose` goes into the key and the associated data: the record's key and field, for example. */
  seal(value: unknown, purpose: string): string;
  /** The value, or `undefined` when the text was not sealed here, for this purpose, by a key that is still listed. */
  open(sealed: string, purpose: string): unknown;
  sign(text: string, purpose: string): string;
  /** Whether it is the signature of this text, for this purpose, by a key that is still listed. */
  isSigned(text: string, signature: string, purpose: string): boolean;
}

const KEY_ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SIGNATURE_BYTES = 32;
const SHORTEST_SECRET = 32;

interface Key {
  readonly id: Buffer;
  /** Each purpose gets a key derived from it. */
  readonly sealingKey: KeyObject;
  readonly signingKey: KeyObject;
}

/**
 * Makes a sealer from one secret, or from a rotating list: the first one seals, all of them open.
 *
 * @throws TypeError when a secret has fewer than 32 characters.
 */
export function createSealer(
  secrets: string | readonly string[],
  randomBytes: (size: number) => Uint8Array,
): Sealer {
  const keys = [secrets].flat().map(deriveKey);
  const [current] = keys;
  if (current === undefined) throw new TypeError('secret: give at least one');
  const keyOf = (bytes: Buffer): Key | undefined =>
    keys.find(({ id }) => id.equals(bytes.subarray(0, KEY_ID_BYTES)));

  return {
    seal(value, purpose) {
      const nonce = randomBytes(NONCE_BYTES);
      const key = sealingKeyOf(current, purpose);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(purpose));
      const sealed = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
      return Buffer.concat([current.id, nonce, cipher.getAuthTag(), sealed]).toString('base64url');
    },
    open(text, purpose) {
      const bytes = bytesOf(text);
      const key = bytes && keyOf(bytes);
      const start = KEY_ID_BYTES + NONCE_BYTES + TAG_BYTES;
      if (key === undefined || bytes === undefined || bytes.length <= start) return undefined;
      try {
        const nonce = bytes.subarray(KEY_ID_BYTES, KEY_ID_BYTES + NONCE_BYTES);
        const decipher = createDecipheriv('aes-256-gcm', sealingKeyOf(key, purpose), nonce)
          .setAAD(Buffer.from(purpose))
          .setAuthTag(bytes.subarray(KEY_ID_BYTES + NONCE_BYTES, start));
        const value = Buffer.concat([decipher.update(bytes.subarray(start)), decipher.final()]).toString(
          'utf8',
        );
        return JSON.parse(value) as unknown;
      } catch {
        return undefined;
      }
    },
    sign: (text, purpose) =>
      Buffer.concat([current.id, signatureOf(text, purpose, current)]).toString('base64url'),
    isSigned(text, signature, purpose) {
      const bytes = bytesOf(signature);
      const key = bytes && keyOf(bytes);
      if (key === undefined || bytes?.length !== KEY_ID_BYTES + SIGNATURE_BYTES) return false;
      return timingSafeEqual(bytes.subarray(KEY_ID_BYTES), signatureOf(text, purpose, key));
    },
  };
}

/** Accepts one spelling only: Node's decoder skips characters that it does not know. */
function bytesOf(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}

/**
 * One key is good for 2^32 random nonces (NIST SP 800-38D, section 8.3). A gate that refuses thousands of requests a
 * second would use them up within weeks, so every login, record or browser has its own key.
 */
function sealingKeyOf({ sealingKey }: Key, purpose: string): KeyObject {
  return createSecretKey(createHmac('sha256', sealingKey).update(purpose).digest());
}

function signatureOf(text: string, purpose: string, { signingKey }: Key): Buffer {
  return createHmac('sha256', signingKey).update(`${purpose.length}:${purpose}`).update(text).digest();
}

function deriveKey(secret: unknown): Key {
  return {
    id: deriveBytes(secret, 'key id', KEY_ID_BYTES),
    // As key objects: Node turns a raw key into one at every use, which costs more than the use itself.
    sealingKey: createSecretKey(deriveBytes(secret, 'seal', 32)),
    signingKey: createSecretKey(deriveBytes(secret, 'sign', 32)),
  };
}

/**
 * Derives a key from a secret. Another purpose gives another key.
 *
 * @throws TypeError when the secret has fewer than 32 characters.
 */
export function deriveBytes(secret: unknown, purpose: string, bytes: number): Buffer {
  if (typeof secret !== 'string' || secret.length < SHORTEST_SECRET) {
    throw new TypeError(
      `secret: must be a random string of at least ${SHORTEST_SECRET} characters, or a list of them`,
    );
  }
  return Buffer.from(hkdfSync('sha256', secret, 'stepgate', purpose, bytes));
}

/** Whether two secrets are the same. Takes as long for a wrong one. */
export function isSameSecret(one: string, other: string): boolean {
  return timingSafeEqual(hash('sha256', one, 'buffer'), hash('sha256', other, 'buffer'));
}

/** SHA-256 in base64url: names handles, sessions and requirements where they must not be readable. */
export function digest(content: string | Uint8Array): string {
  return hash('sha256', content, 'base64url');
}
