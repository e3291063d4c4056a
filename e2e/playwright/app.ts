import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** An app that signs in by redirect and lets the phone approve a transfer, with nothing but the tenant's endpoints. */
export interface App {
  readonly url: string;
  close(): Promise<void>;
}

const grantTypes = 'http://auth0.com/oauth/grant-type/';
const step = 'openid profile offline_access';

interface Tokens {
  readonly id_token: string;
  readonly refresh_token: string;
}

/** Starts the app for the tenant that the environment names. */
export async function startApp(env: Readonly<Record<string, string>>): Promise<App> {
  const { AUTH0_ISSUER = '', AUTH0_CLIENT_ID = '', AUTH0_CLIENT_SECRET = '', AUTH0_AUDIENCE = '' } = env;
  const sessions = new Map<string, Tokens>();
  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

  async function post(path: string, params: Record<string, unknown>): Promise<Record<string, string>> {
    const body = JSON.stringify({
      ...params,
      client_id: AUTH0_CLIENT_ID,
      client_secret: AUTH0_CLIENT_SECRET,
    });
    const headers = { 'content-type': 'application/json' };
    const reply = await fetch(new URL(path, AUTH0_ISSUER), { method: 'POST', headers, body });
    return (await reply.json()) as Record<string, string>;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', url);
    const id = /app=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1] ?? crypto.randomUUID();
    const session = sessions.get(id);
    response.setHeader('set-cookie', `app=${id}; HttpOnly; SameSite=Lax`);
    if (pathname === '/callback') {
      const grant = { grant_type: 'authorization_code', redirect_uri: `${url}callback` };
      const tokens = await post('oauth/token', { ...grant, code: searchParams.get('code') });
      sessions.set(id, tokens as unknown as Tokens);
      response.writeHead(303, { location: '/' }).end();
    } else if (session === undefined) {
      response.writeHead(303, { location: authorizeUrl() }).end();
    } else {
      const title = pathname === '/transfer' ? await transfer(session) : `Hello ${nameIn(session)}`;
      const form = '<form method="post" action="/transfer"><button>Transfer</button></form>';
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(`<!doctype html><title>App</title><h1>${title}</h1>${form}`);
    }
  }

  function authorizeUrl(): string {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: AUTH0_CLIENT_ID,
      redirect_uri: `${url}callback`,
      audience: AUTH0_AUDIENCE,
      scope: step,
      state: crypto.randomUUID(),
    });
    return `${AUTH0_ISSUER}authorize?${query}`;
  }

  async function transfer({ refresh_token }: Tokens): Promise<string> {
    const scope = `${step} transfer:funds`;
    const { mfa_token } = await post('oauth/token', { grant_type: 'refresh_token', refresh_token, scope });
    const { oob_code } = await post('mfa/challenge', { mfa_token, challenge_type: 'oob' });
    for (;;) {
      const grant = { grant_type: `${grantTypes}mfa-oob`, mfa_token, oob_code };
      const { error } = await post('oauth/token', grant);
      if (error !== 'authorization_pending') return error === undefined ? 'Sent' : 'Declined';
      await sleep(200);
    }
  }

  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function nameIn({ id_token: idToken }: Tokens): string {
  const [, claims = ''] = idToken.split('.');
  return (JSON.parse(Buffer.from(claims, 'base64url').toString()) as { name: string }).name;
}
