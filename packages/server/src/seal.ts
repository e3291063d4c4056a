import { createCipheriv, createDecipheriv, hash, hkdfSync } from 'node:crypto';

/** Seals small secrets with AES-256-GCM. What is sealed for one purpose does not open for another. */
export interface Sealer {
  /** `purpose` is the associated data: the record's key and field, for instance. */
  seal(value: unknown, purpose: string): string;
  /** The value, or `undefined` when the text was not sealed here, for this purpose, by a key that is still listed. */
  open(sealed: string, purpose: string): unknown;
}

const KEY_ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SHORTEST_SECRET = 32;

interface Key {
  readonly id: Buffer;
  readonly key: Buffer;
}

/**
 * Makes a sealer of one secret or a rotating list: the first seals, all open.
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
  return {
    seal(value, purpose) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', current.key, nonce).setAAD(Buffer.from(purpose));
      const sealed = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
      return Buffer.concat([current.id, nonce, cipher.getAuthTag(), sealed]).toString('base64url');
    },
    open(text, purpose) {
      const bytes = Buffer.from(text, 'base64url');
      const key = keys.find(({ id }) => id.equals(bytes.subarray(0, KEY_ID_BYTES)));
      const start = KEY_ID_BYTES + NONCE_BYTES + TAG_BYTES;
      if (key === undefined || bytes.length <= start) return undefined;
      try {
        const nonce = bytes.subarray(KEY_ID_BYTES, KEY_ID_BYTES + NONCE_BYTES);
        const decipher = createDecipheriv('aes-256-gcm', key.key, nonce)
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
  };
}

function deriveKey(secret: unknown): Key {
  if (typeof secret !== 'string' || secret.length < SHORTEST_SECRET) {
    throw new TypeError(
      `secret: must be a random string of at least ${SHORTEST_SECRET} characters, or a list of them`,
    );
  }
  const key = Buffer.from(hkdfSync('sha256', secret, 'stepgate', 'seal', 32));
  const id = Buffer.from(hkdfSync('sha256', secret, 'stepgate', 'key id', KEY_ID_BYTES));
  return { id, key };
}

/** SHA-256 in base64url: how handles, sessions and requirements are named where they must not be readable. */
export function digest(content: string | Uint8Array): string {
  return hash('sha256', content, 'base64url');
}
