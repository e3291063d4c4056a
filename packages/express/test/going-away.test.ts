import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { auth0, createGate, type ExpressGateOptions } from '@stepgate/express';
import express, { type Express } from 'express';
import { afterEach, describe, expect, it } from 'vitest';

/** A door that opens when the test says so: what the server waits for meanwhile is slow. */
function createDoor(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

const options: ExpressGateOptions = {
  provider: auth0({ issuer: 'https://tenant.test/', clientId: 'client' }),
  secret: 'a secret of at least 32 characters, for tests',
  identify: () => ({ subject: 'ada', sessionId: 'login' }),
  firstLeg: { custom: async () => ({ mfaToken: 'token' }) },
};

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(app: Express): Promise<number> {
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function open(port: number, path: string, headers: Record<string, string> = {}): ClientRequest {
  const request = httpRequest({ port, host: '127.0.0.1', path, headers });
  request.on('error', () => {});
  return request;
}

/** Whether the server still answers: vitest itself fails for an error that nobody has caught. */
async function isUp(port: number): Promise<boolean> {
  return (await fetch(`http://127.0.0.1:${port}/up`)).ok;
}

describe('a gate on Express', () => {
  it.each(['/step-up', '/guarded'])(
    'survives a client that goes away before %s is answered',
    async (path) => {
      const asked = createDoor();
      const door = createDoor();
      const decided = createDoor();
      const gate = createGate({
        ...options,
        identify: async () => {
          asked.open();
          await door.opened;
          setImmediate(() => decided.open());
          return { subject: 'ada', sessionId: 'login' };
        },
      });
      const app = express();
      app.get('/up', (_req, res) => res.json({}));
      app.use(gate);
      app.get('/guarded', gate.require(), (_req, res) => res.json({}));
      const port = await serve(app);
      const closed = once(server as Server, 'request').then(([, res]) => once(res, 'close'));

      const request = open(port, path);
      request.end();
      await asked.opened;
      request.destroy();
      await closed;
      door.open();
      await decided.opened;

      expect(await isUp(port)).toBe(true);
    },
  );

  it.each(['/step-up', '/guarded'])('leaves %s alone that another middleware has answered', async (path) => {
    const door = createDoor();
    const gate = createGate({
      ...options,
      identify: async () => {
        await door.opened;
        return { subject: 'ada', sessionId: 'login' };
      },
    });
    const app = express();
    app.get('/up', (_req, res) => res.json({}));
    app.use((_req, res, next) => {
      next();
      res.status(503).end('too slow');
    });
    app.use(gate);
    app.get('/guarded', gate.require(), (_req, res) => res.json({}));
    const port = await serve(app);

    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    door.open();

    expect(response.status).toBe(503);
    expect(await isUp(port)).toBe(true);
  });

  it('passes a header that cannot be sent to the error handler', async () => {
    const gate = createGate({ ...options, identify: () => undefined, loginUrl: () => '/login?next=\n' });
    const app = express();
    app.get('/guarded', gate.require(), (_req, res) => res.json({}));
    app.use((_error: unknown, _req: unknown, res: express.Response, _next: unknown) => {
      res.status(500).end();
    });
    const port = await serve(app);

    const request = open(port, '/guarded', { 'sec-fetch-mode': 'navigate' });
    request.end();
    const [response] = (await once(request, 'response')) as [{ statusCode: number }];

    expect(response.statusCode).toBe(500);
  });

  it('survives a hook that rejects', async () => {
    const gate = createGate({
      ...options,
      identify: () => {
        throw new Error('no session here');
      },
      onError: async () => Promise.reject(new Error('the hook is broken too')),
    });
    const app = express();
    app.get('/up', (_req, res) => res.json({}));
    app.get('/guarded', gate.require(), (_req, res) => res.json({}));
    const port = await serve(app);

    expect((await fetch(`http://127.0.0.1:${port}/guarded`)).status).toBe(500);
    expect(await isUp(port)).toBe(true);
  });

  it.each(['a b', '[', 'x:99999'])('answers a Host of %j with a 400', async (host) => {
    const app = express();
    app.use(createGate(options));
    const port = await serve(app);

    const request = open(port, '/step-up/flow', { host });
    request.end();
    const [response] = (await once(request, 'response')) as [{ statusCode: number }];

    expect(response.statusCode).toBe(400);
  });
});
