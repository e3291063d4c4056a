import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { exportPKCS8, generateKeyPair } from 'jose';
import { afterAll, beforeEach } from 'vitest';
import { createEmulator, type Emulator, type EmulatorOptions } from '../../src/index.ts';

/** A tenant over HTTPS, as SDKs want one, whose certificate this process trusts. */
export interface HttpsTenant {
  readonly emulator: Emulator;
  /** With a slash at its end. */
  readonly issuer: string;
  /** Host and port, as SDKs take it. */
  readonly domain: string;
}

/** The value of `acr_values` by which apps step up. */
export const multiFactor = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';

/** Making an RSA key takes longer than most tests: all tenants of a process have the same. */
const signingKey = generateKeyPair('RS256', { extractable: true }).then(({ privateKey }) =>
  exportPKCS8(privateKey),
);

/** Starts a tenant for the tests of a file, and resets it before each of them. */
export async function startHttpsTenant(options: EmulatorOptions = {}): Promise<HttpsTenant> {
  const emulator = createEmulator({ signingKey: await signingKey, ...options });
  const server = await emulator.listen({ https: true });
  const ca = readFileSync(server.certificateFile ?? '', 'utf8');
  setDefaultCACertificates([...getCACertificates('default'), ca]);
  beforeEach(() => emulator.reset());
  afterAll(() => server.close());
  return { emulator, issuer: server.url, domain: new URL(server.url).host };
}
