import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createServerCertificate } from '../keys/server-certificate.ts';
import { systemRandomBytes } from '../lib/random.ts';

/** How to serve over HTTPS. */
export interface HttpsOptions {
  /** A certificate and its key, in PEM. Default: one that is made for this server. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /**
   * Where to write the certificate that clients have to trust. Default: a new file for temporary use, which is removed when
   * the server closes.
   */
  readonly certificateFile?: string | undefined;
}

/** What a server needs, and the file that its clients need. */
export interface PreparedHttps {
  readonly cert: string;
  readonly key: string;
  readonly certificateFile?: string;
  /** Removes what was written for this server alone. */
  forget(): Promise<void>;
}

/** The given certificate, or a new one for this machine's names, written where clients find it. */
export async function prepareHttps(
  { cert, key, certificateFile }: HttpsOptions,
  hostName: string,
): Promise<PreparedHttps> {
  if ((cert === undefined) !== (key === undefined)) {
    throw new TypeError('https takes cert and key together, or neither of them');
  }
  if (cert !== undefined && key !== undefined) return { cert, key, forget: async () => {} };
  const hosts = [...new Set(['localhost', '127.0.0.1', '::1', hostName.replace(/[[\]]/g, '')])];
  // Browsers and clients measure it by the real time, not by the emulator's clock.
  const made = await createServerCertificate(hosts, { now: Date.now(), randomBytes: systemRandomBytes });
  const folder =
    certificateFile === undefined ? await mkdtemp(join(tmpdir(), 'stepgate-emulator-')) : undefined;
  const file = resolve(certificateFile ?? join(folder ?? '', 'ca.pem'));
  await writeFile(file, made.ca);
  return {
    cert: made.cert,
    key: made.key,
    certificateFile: file,
    async forget() {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}
