import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  importPKCS8,
  type JSONWebKeySet,
  type JWK,
} from 'jose';
import { createCertificate, toBase64 } from './certificate.ts';

/** The tenant's RS256 key pair. */
export interface SigningKeys {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  /** With the certificate that Auth0 publishes beside each key (RFC 7517, sections 4.7 and 4.8). */
  readonly jwks: JSONWebKeySet;
}

const yearMs = 365 * 86_400_000;

/**
 * The key that was given, as JWK or as PEM of PKCS #8, or a fresh RSA pair of 2048 bits. A key that was given keeps its
 * id over runs.
 */
export async function createSigningKeys({
  given,
  issuer,
  now,
  serial,
}: {
  readonly given: JWK | string | undefined;
  readonly issuer: string;
  readonly now: number;
  readonly serial: Uint8Array;
}): Promise<SigningKeys> {
  const privateKey = await (given === undefined ? createKey() : importKey(given));
  const { kty, n, e } = await exportJWK(privateKey);
  const publicJwk = { kty, n, e } as JWK;
  const publicKey = (await importJWK(publicJwk, 'RS256', { extractable: true })) as CryptoKey;
  const kid =
    (typeof given === 'object' ? given.kid : undefined) ?? (await calculateJwkThumbprint(publicJwk));
  const name = new URL(issuer).hostname;
  const certificate = await createCertificate({
    subject: name,
    issuer: name,
    publicKey,
    signingKey: privateKey,
    serial,
    notBefore: now,
    notAfter: now + 10 * yearMs,
  });
  const thumbprint = new Uint8Array(await crypto.subtle.digest('SHA-1', certificate));
  const x5t = toBase64(thumbprint).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  const jwk = { ...publicJwk, kid, use: 'sig', alg: 'RS256', x5t, x5c: [toBase64(certificate)] };
  return { kid, privateKey, publicKey, jwks: { keys: [jwk] } };
}

async function createKey(): Promise<CryptoKey> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return privateKey;
}

async function importKey(given: JWK | string): Promise<CryptoKey> {
  const options = { extractable: true };
  if (typeof given === 'string') return importPKCS8(given, 'RS256', options);
  return (await importJWK(given, 'RS256', options)) as CryptoKey;
}
