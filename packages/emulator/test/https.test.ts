import { existsSync, readFileSync } from 'node:fs';
import { Agent, get } from 'node:https';
import { connect } from 'node:tls';
import { expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';

function load(url: string, ca: string | undefined): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const agent = new Agent(ca === undefined ? {} : { ca });
    get(url, { agent }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
}

it('serves over HTTPS with a certificate that its file makes trusted, until it closes', async () => {
  const emulator = createEmulator();
  const server = await emulator.listen({ https: true });
  const { url, certificateFile = '' } = server;
  expect(url).toMatch(/^https:\/\/localhost:\d+\/$/);
  expect(emulator.issuer).toBe(url);
  const ca = readFileSync(certificateFile, 'utf8');
  const metadata = `${url}.well-known/openid-configuration`;
  expect(await load(metadata, ca)).toBe(200);
  expect(await load(metadata.replace('localhost', '127.0.0.1'), ca)).toBe(200);
  await expect(load(metadata, undefined)).rejects.toThrow(/self-signed|unable to (get|verify)/i);
  await server.close();
  expect(existsSync(certificateFile)).toBe(false);
});

it('makes a certificate for servers alone, signed by an authority whose key nobody has', async () => {
  const server = await createEmulator().listen({ https: true });
  const { port } = new URL(server.url);
  const ca = readFileSync(server.certificateFile ?? '', 'utf8');
  const peer = await new Promise<ReturnType<ReturnType<typeof connect>['getPeerX509Certificate']>>(
    (resolve) => {
      const socket = connect({ port: Number(port), host: 'localhost', ca }, () => {
        resolve(socket.getPeerX509Certificate());
        socket.destroy();
      });
    },
  );
  expect(peer?.ca).toBe(false);
  expect(peer?.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1');
  await server.close();
});

it('accepts a certificate with its key, and neither of them alone', async () => {
  const made = await createEmulator().listen({ https: true });
  await made.close();
  await expect(createEmulator().listen({ https: { cert: 'x' } })).rejects.toThrow('cert and key together');
});
