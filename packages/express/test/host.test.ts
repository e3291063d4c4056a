import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { auth0, createGate } from '@stepgate/express';
import express5 from 'express';
import express4 from 'express-4';
import { call } from 'suites/http.ts';
import { expect, it, onTestFinished } from 'vitest';

/** The host that the built-in page names, and what Express says of members that it wants to be rid of. */
async function hostOf(
  express: typeof express5,
  { trustProxy, headers }: { trustProxy: boolean; headers: Record<string, string> },
): Promise<{ readonly host: string | undefined; readonly deprecations: readonly unknown[] }> {
  const deprecations: unknown[] = [];
  const hear = (error: unknown): void => void deprecations.push(error);
  // depd tells listeners of this event in place of standard error.
  process.on('deprecation' as 'warning', hear);
  const app = express();
  app.set('trust proxy', trustProxy);
  app.use(
    createGate({
      provider: auth0({ issuer: 'https://tenant.test/', clientId: 'client' }),
      secret: 'a secret of at least 32 characters, for tests',
      identify: () => ({ subject: 'ada', sessionId: 's' }),
      firstLeg: { password: { username: () => 'ada' } },
    }),
  );
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    process.off('deprecation' as 'warning', hear);
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/step-up`;
  const { text } = await call('GET', url, { headers: { ...headers, 'sec-fetch-mode': 'navigate' } });
  return { host: /<p class="site">([^<]*)<\/p>/.exec(text)?.[1], deprecations };
}

const headers = { host: 'inside.example:3000', 'x-forwarded-host': 'bank.example:8443, inside.example' };

it.each([
  ['4', 'the proxy', express4 as unknown as typeof express5, true, 'bank.example:8443'],
  ['5', 'the proxy', express5, true, 'bank.example:8443'],
  ['4', 'the request itself', express4 as unknown as typeof express5, false, 'inside.example:3000'],
  ['5', 'the request itself', express5, false, 'inside.example:3000'],
])(
  'uses host and port in Express %s from %s, without a deprecation',
  async (_version, _from, express, trustProxy, host) => {
    expect(await hostOf(express, { trustProxy, headers })).toEqual({ host, deprecations: [] });
  },
);
