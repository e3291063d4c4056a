import { createRequire } from 'node:module';
import { createTestKit } from '@stepgate/server/testing';
import { createWebGate, type WebGateOptions } from '@stepgate/server/web';
import { expect, it } from 'vitest';

interface Session {
  readonly user: { readonly sub: string };
  readonly internal: { readonly sid: string; readonly createdAt: number };
}

// Imported without their types, which bring along those of Next.js: they change `process.env` for all tests.
const load = createRequire(import.meta.url);
const { Auth0Client } = load('@auth0/nextjs-auth0/server') as {
  readonly Auth0Client: new (
    options: Readonly<Record<string, string>>,
  ) => { getSession(request: Request): Promise<Session | null> };
};
const { generateSessionCookie } = load('@auth0/nextjs-auth0/testing') as {
  readonly generateSessionCookie: (session: Session, options: { readonly secret: string }) => Promise<string>;
};
const { NextRequest } = load('next/server') as {
  readonly NextRequest: new (url: string, options: Pick<Request, 'headers'>) => Request;
};

const secret = 'a secret of at least 32 characters, for tests';
const policy = { maxAge: '5m' } as const;

const client = new Auth0Client({
  domain: 'tenant.test',
  clientId: 'client',
  clientSecret: 'client secret',
  secret,
  appBaseUrl: 'https://bank.example',
});

/** Who is signed in, by the session of nextjs-auth0. */
const identify: WebGateOptions['identify'] = async (request) => {
  const session = await client.getSession(new NextRequest(request.url, { headers: request.headers }));
  const { sid } = session?.internal ?? {};
  return session && sid ? { subject: session.user.sub, sessionId: sid } : undefined;
};

/** The request as Next.js shows it to a route handler: a proxy, of which no request can be made. */
function asInNext(request: Request): Request {
  return new Proxy(request, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** The headers of a browser that is signed in. */
async function signedIn(sid: string): Promise<Record<string, string>> {
  const createdAt = Math.floor(Date.now() / 1_000);
  const session = { user: { sub: 'auth0|ada' }, internal: { sid, createdAt } };
  return { cookie: `__session=${await generateSessionCookie(session, { secret })}` };
}

it('knows a login by nextjs-auth0 by its `sub` and `sid`', async () => {
  const kit = createTestKit();
  const guard = createWebGate({ ...kit.options, identify }).require(policy);
  const approved = await kit.approve({ subject: 'auth0|ada', sessionId: 'first' }, { policy });
  const outcome = async (headers: Record<string, string>): Promise<unknown> => {
    const request = asInNext(new Request('https://bank.example/transfers', { method: 'POST', headers }));
    const found = await guard(request);
    return found instanceof Response ? ((await found.json()) as { error: string }).error : 'done';
  };

  expect(await outcome({})).toBe('login_required');
  expect(await outcome(await signedIn('first'))).toBe('insufficient_user_authentication');
  expect(await outcome({ ...(await signedIn('first')), ...approved })).toBe('done');
  expect(await outcome({ ...(await signedIn('second')), ...approved })).toBe(
    'insufficient_user_authentication',
  );
});
