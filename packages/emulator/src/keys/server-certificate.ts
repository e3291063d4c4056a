import type { RandomBytes } from '../lib/random.ts';
import { type CertificateContent, createCertificate, toPem } from './certificate.ts';

/** What a server needs for HTTPS, and what its clients have to trust; all in PEM. */
export interface ServerCertificate {
  readonly key: string;
  /** The server's certificate. */
  readonly cert: string;
  /** The authority that signed it: for `NODE_EXTRA_CA_CERTS`, or a browser's trust store. */
  readonly ca: string;
}

const dayMs = 86_400_000;

/**
 * A certificate for a server on this machine, signed by an authority made for it alone. The authority's key is thrown
 * away at once, so that it cannot sign for any other name that a browser would then trust.
 */
export async function createServerCertificate(
  hosts: readonly string[],
  { now, randomBytes }: { readonly now: number; readonly randomBytes: RandomBytes },
): Promise<ServerCertificate> {
  const [authority, server] = await Promise.all([createKeyPair(), createKeyPair()]);
  // Several trusted authorities with the same name would be mistaken for each other.
  const mark = Array.from(randomBytes(4), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const authorityName = `Stepgate emulator, test authority ${mark}`;
  const issue = (content: Pick<CertificateContent, 'subject' | 'publicKey' | 'isAuthority' | 'hosts'>) =>
    createCertificate({
      issuer: authorityName,
      signingKey: authority.privateKey,
      serial: randomBytes(16),
      notBefore: now - dayMs,
      notAfter: now + 365 * dayMs,
      ...content,
    });
  const ca = await issue({ subject: authorityName, publicKey: authority.publicKey, isAuthority: true });
  const cert = await issue({ subject: hosts[0] ?? 'localhost', publicKey: server.publicKey, hosts });
  const key = new Uint8Array(await crypto.subtle.exportKey('pkcs8', server.privateKey));
  return {
    key: toPem('PRIVATE KEY', key),
    cert: toPem('CERTIFICATE', cert),
    ca: toPem('CERTIFICATE', ca),
  };
}

function createKeyPair(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
}
