import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { auth0, createGate } from '@stepgate/express';
import express from 'express';

/** A running app. */
export interface TestApp {
  readonly port: number;
  close(): Promise<void>;
}

const SESSION = /session=the-session-of-ada-([\w-]+)/;

/** The `Cookie` header of a fresh login. */
export function signedIn(): string {
  return `session=the-session-of-ada-${randomUUID()}`;
}

/** An app with a gate, in which {@link signedIn} is. */
export async function startApp(options: {
  readonly issuer: string;
  readonly trustsProxy: boolean;
}): Promise<TestApp> {
  const gate = createGate({
    provider: auth0({ issuer: options.issuer, clientId: 'stepgate-demo', allowInsecureIssuer: true }),
    secret: 'Zm9yIHRlc3RzOiBub3QgYSByZWFsIG9uZSBidXQgbG9uZw',
    identify({ headers }) {
      const sessionId = SESSION.exec(headers.cookie ?? '')?.[1];
      return sessionId === undefined ? undefined : { subject: 'ada', sessionId };
    },
    firstLeg: { password: { username: () => 'ada' } },
  });
  const app = express();
  if (options.trustsProxy) app.set('trust proxy', 'loopback');
  app.use(gate);
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      void gate.close();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
