import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { base64url } from 'jose';

/** SHA-256 of a text in hex. Synchronous everywhere, unlike WebCrypto's. */
export function sha256Hex(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}

/** SHA-256 of a text in base64url, as PKCE writes it. */
export function sha256Base64url(text: string): string {
  return base64url.encode(sha256(utf8ToBytes(text)));
}
