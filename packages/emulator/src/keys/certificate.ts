import { bits, boolean, der, integer, nothing, octets, oid, sequence, set, text, time } from './der.ts';

/** The parts of a certificate (RFC 5280, section 4.1) that the emulator's certificates have. */
export interface CertificateContent {
  /** Common name of the holder. */
  readonly subject: string;
  /** Common name of the signer; the same as the holder's in a self-signed certificate. */
  readonly issuer: string;
  readonly publicKey: CryptoKey;
  /** The signer's key: RSA or P-256, both with SHA-256. */
  readonly signingKey: CryptoKey;
  /** Random bytes of the serial number. */
  readonly serial: Uint8Array;
  /** Epoch milliseconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Whether it may sign others. */
  readonly isAuthority?: boolean;
  /** Host names and addresses of a server. */
  readonly hosts?: readonly string[];
}

/** An X.509 certificate in DER. */
export async function createCertificate(content: CertificateContent): Promise<Uint8Array<ArrayBuffer>> {
  const { subject, issuer, publicKey, signingKey, serial, notBefore, notAfter } = content;
  const algorithm = signatureAlgorithm(signingKey);
  const version3 = der(0xa0, integer(Uint8Array.of(2)));
  const toBeSigned = sequence(
    version3,
    integer(serial),
    algorithm,
    commonName(issuer),
    sequence(time(notBefore), time(notAfter)),
    commonName(subject),
    new Uint8Array(await crypto.subtle.exportKey('spki', publicKey)),
    der(0xa3, sequence(...extensions(content))),
  );
  return sequence(toBeSigned, algorithm, bits(await sign(signingKey, toBeSigned)));
}

/** DER as text, with its label. */
export function toPem(label: 'CERTIFICATE' | 'PRIVATE KEY', bytes: Uint8Array): string {
  const lines = toBase64(bytes).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** Bytes in base64, not that of URLs. */
export function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

const isRsa = ({ algorithm }: CryptoKey): boolean => algorithm.name.startsWith('RSA');

function signatureAlgorithm(key: CryptoKey): Uint8Array {
  return isRsa(key) ? sequence(oid('1.2.840.113549.1.1.11'), nothing) : sequence(oid('1.2.840.10045.4.3.2'));
}

async function sign(key: CryptoKey, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  if (isRsa(key)) return new Uint8Array(await crypto.subtle.sign('RSASSA-PKCS1-v1_5', key, bytes));
  const raw = new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, bytes));
  // Web Crypto gives the two numbers one after the other, X.509 wants them as numbers.
  return sequence(integer(raw.subarray(0, 32)), integer(raw.subarray(32)));
}

function commonName(name: string): Uint8Array {
  return sequence(set(sequence(oid('2.5.4.3'), text(name))));
}

function extensions({ isAuthority = false, hosts }: CertificateContent): Uint8Array[] {
  const basicConstraints = sequence(...(isAuthority ? [boolean(true)] : []));
  // The first bit is digitalSignature, the sixth keyCertSign.
  const keyUsage = isAuthority ? bits(Uint8Array.of(0x04), 2) : bits(Uint8Array.of(0x80), 7);
  const all = [extension('2.5.29.19', basicConstraints, true), extension('2.5.29.15', keyUsage, true)];
  if (hosts !== undefined) {
    all.push(extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'))));
    all.push(extension('2.5.29.17', sequence(...hosts.map(hostName))));
  }
  return all;
}

function extension(id: string, value: Uint8Array, isCritical = false): Uint8Array {
  return sequence(oid(id), ...(isCritical ? [boolean(true)] : []), octets(value));
}

function hostName(host: string): Uint8Array {
  if (/^[\d.]+$/.test(host)) return der(0x87, Uint8Array.from(host.split('.').map(Number)));
  if (host === '::1') return der(0x87, new Uint8Array(16).fill(1, 15));
  return der(0x82, new TextEncoder().encode(host));
}
